package h1

import (
	"testing"

	"hanalyze/internal/convo"
)

func FuzzConn(f *testing.F) {
	convo.Fuzz(f, "testdata/*.txt", func(emit convo.Emit) convo.Parser { return newTold(emit) })
}
