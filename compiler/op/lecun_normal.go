package op

var lecunNormalInitialiser = &Def{
	Name:    "lecun_normal",
	Kind:    Initialiser,
	Doc:     "Normally distributed, so widely that the variance stays: what selu wants.",
	Formula: "w ~ N(0, 1/fan in)",
	Source:  "LeCun, Bottou, Orr, Müller, Efficient BackProp, 1998, equation 16",
	Example: "dense(64, init: lecun_normal) -> selu",
	Init:    draw("LecunNormal", 1),
}
