package main

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"hanalyze"
	"hanalyze/output"
	"hanalyze/pipeline"
)

// explainCommand prints what the identifiers of findings mean.
func explainCommand(stdout io.Writer) *cobra.Command {
	var color string
	cmd := &cobra.Command{
		Use:   "explain [ID]...",
		Short: "Explain findings by their identifiers; without any, list them",
		Example: `  hanalyze explain                    all identifiers
  hanalyze explain tcp.zero_window    what it means, what to do, what it rests on`,
		ValidArgsFunction: func(_ *cobra.Command, _ []string, begun string) ([]string, cobra.ShellCompDirective) {
			return completeID(begun), cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(_ *cobra.Command, ids []string) error {
			if err := checkColor(color); err != nil {
				return err
			}
			text, err := explain(textOptions(stdout, color), ids)
			if err != nil {
				return err
			}
			_, err = stdout.Write(text)
			return asInput(err)
		},
	}
	addColorFlag(cmd, &color)
	return cmd
}

// explain returns the explanations of ids, or the list of all.
func explain(o output.Options, ids []string) (text []byte, err error) {
	all := pipeline.Explanations()
	if len(ids) == 0 {
		return output.AppendExplanations(nil, o, all), nil
	}
	for i, id := range ids {
		n := slices.IndexFunc(all, func(e hanalyze.Explanation) bool { return e.ID == id })
		if n < 0 {
			return nil, unknownID(id, all)
		}
		if i > 0 {
			text = append(text, '\n')
		}
		text = output.AppendExplanation(text, o, &all[n])
	}
	return text, nil
}

// maxSuggestions bounds the identifiers named in an error.
const maxSuggestions = 3

// unknownID says that there is no such identifier, and which ones may have been meant.
func unknownID(id string, all []hanalyze.Explanation) error {
	near := nearest(id, all)
	if len(near) == 0 {
		return fmt.Errorf("explain %s: no such finding; 'hanalyze explain' lists all", id)
	}
	return fmt.Errorf("explain %s: no such finding; did you mean %s?", id, strings.Join(near, ", "))
}

// nearest returns the identifiers most like id: those that contain it, then those a few letters away, nearest first.
func nearest(id string, all []hanalyze.Explanation) (near []string) {
	if id == "" || len(id) > 64 { // no identifier is as long
		return nil
	}
	type candidate struct {
		id       string
		distance int
	}
	var list []candidate
	for _, e := range all {
		_, name, _ := strings.Cut(e.ID, ".")
		d := min(distance(id, e.ID), distance(id, name))
		if strings.Contains(e.ID, id) {
			d = 0
		}
		if d <= max(1, len(id)/3) {
			list = append(list, candidate{e.ID, d})
		}
	}
	slices.SortStableFunc(list, func(a, b candidate) int { return a.distance - b.distance })
	for _, c := range list[:min(len(list), maxSuggestions)] {
		near = append(near, c.id)
	}
	return near
}

// distance is the Levenshtein distance of a and b: how many letters must be put in, taken out or changed.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		corner := row[0]
		row[0] = i + 1
		for j := range len(b) {
			changed := corner
			if a[i] != b[j] {
				changed++
			}
			corner = row[j+1]
			row[j+1] = min(changed, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}

// completeID returns the identifiers that begin as the user has begun, with their titles.
func completeID(begun string) (list []string) {
	for _, e := range pipeline.Explanations() {
		if strings.HasPrefix(e.ID, begun) {
			list = append(list, e.ID+"\t"+e.Title)
		}
	}
	return list
}
