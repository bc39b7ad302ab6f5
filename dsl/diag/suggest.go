package diag

import (
	"slices"
	"strings"
)

// Suggest returns the candidate that word was probably meant to be, or "".
//
// Near are names within an optimal-string-alignment distance (letters inserted,
// deleted, changed, or two neighbours swapped; case does not count) of a third of
// the word's length, but at least one. Names under three letters are near to
// everything, so nothing is suggested for them. Nearest is what other libraries
// write with 2d behind it or without underscores, conv2d for conv. Where nothing is
// near it is the longest name, of three letters or more, that the word begins or
// ends with: embed for embedding. Of candidates equally near the first in
// alphabetical order is chosen, whatever the order they come in.
func Suggest(word string, candidates []string) string {
	if len(word) < 3 {
		return ""
	}
	sorted := slices.Sorted(slices.Values(candidates))
	lower := strings.ToLower(word)
	limit := max(1, len(word)/3)
	best, bestDistance, part := "", limit+1, ""
	for _, c := range sorted {
		if c != word && plain(c) == plain(word) {
			return c
		}
		if l := strings.ToLower(c); c != word && len(c) >= 3 && len(c) > len(part) && (strings.HasPrefix(lower, l) || strings.HasSuffix(lower, l)) {
			part = c
		}
		if c == word || len(c) > len(word)+limit || len(c) < len(word)-limit {
			continue
		}
		if d := distance(lower, strings.ToLower(c)); d < bestDistance {
			best, bestDistance = c, d
		}
	}
	if best == "" {
		return part
	}
	return best
}

// plain is a name in the letters that libraries agree on.
func plain(name string) string {
	return strings.TrimSuffix(strings.ReplaceAll(strings.ToLower(name), "_", ""), "2d")
}

// distance returns the optimal-string-alignment distance of a and b, in bytes
// (Boytsov, "Indexing methods for approximate dictionary searching", 2011,
// section 2.2.1): the Levenshtein distance with swaps of neighbours, none of
// which is edited again.
func distance(a, b string) int {
	before, above := make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range above {
		above[j] = j
	}
	for i := range len(a) {
		row := make([]int, len(b)+1)
		row[0] = i + 1
		for j := range len(b) {
			change := 1
			if a[i] == b[j] {
				change = 0
			}
			row[j+1] = min(above[j+1]+1, row[j]+1, above[j]+change)
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				row[j+1] = min(row[j+1], before[j-1]+1)
			}
		}
		before, above = above, row
	}
	return above[len(b)]
}
