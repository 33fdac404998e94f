package pipeline

import (
	"hanalyze"
	"hanalyze/findings"
)

// Explanations returns what the identifier of every finding a run can tell means, in their order.
func Explanations() []hanalyze.Explanation { return findings.Explanations() }
