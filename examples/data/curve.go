//go:build ignore

// Curve writes curve.csv, the target of the examples curve_*.nn: 121 points of a curve of twelve straight pieces on
// [-1, 1], three long slopes with a zigzag on top. Run it here:
//
//	go run curve.go
package main

import (
	"fmt"
	"log"
	"os"
	"strings"
)

// knots are the curve's values where its pieces meet, from x = -1 on at equal distances.
var knots = []float64{-0.6, 0.07, 0.13, 1, 0.31, 0.42, -0.27, -0.16, -0.57, 0.1, -0.03, 0.63, 0.7}

func main() {
	const perPiece = 10
	pieces := len(knots) - 1
	var b strings.Builder
	b.WriteString("x,y\n")
	for i := range pieces*perPiece + 1 {
		p := min(i/perPiece, pieces-1)
		t := float64(i-p*perPiece) / perPiece // where on piece p
		x := -1 + 2*float64(i)/float64(pieces*perPiece)
		fmt.Fprintf(&b, "%.6f,%.6f\n", x, (1-t)*knots[p]+t*knots[p+1])
	}
	if err := os.WriteFile("curve.csv", []byte(b.String()), 0o644); err != nil {
		log.Fatal(err)
	}
}
