package rt

import (
	"fmt"
	"strconv"
)

// CheckLabels returns nil where every label is a class in [0, classes), or -1
// where allowIgnored, and otherwise a [*DataError] with the first row that is
// not. The generated code checks a data set with it before any worker starts.
func CheckLabels(port string, labels []int32, classes int, allowIgnored bool) error {
	// One unsigned comparison a label: shifted by low, the valid ones are
	// [0, classes-low), and everything else is larger.
	low := int32(0)
	if allowIgnored {
		low = -1
	}
	n := uint32(int32(classes) - low)
	for i, l := range labels {
		if uint32(l-low) >= n {
			also := ""
			if allowIgnored {
				also = ", or -1 for a row to ignore"
			}
			return &DataError{Port: port, Row: i, Value: strconv.Itoa(int(l)),
				Message: fmt.Sprintf("not a class: labels are 0 to %d%s", classes-1, also)}
		}
	}
	return nil
}
