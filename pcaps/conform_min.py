#!/usr/bin/env python3
"""Compares the figures of a conformity run with the least that is accepted.

usage: conform_min.py FIGURES.json MINIMUMS.json

Both files hold {"agree": {CATEGORY: PERCENT or null}, "faults": N}. Exit status 1, with a line for each reason, when a
category is below its minimum or missing, or when there is any fault. A category that rose above its minimum is named too:
minimums are raised by hand and never lowered.
"""
import json
import sys


def compare(figures, minimums):
    """What fell and what rose, as two lists of lines."""
    fell, rose = [], []
    got = figures['agree']
    for category, least in sorted(minimums['agree'].items()):
        have = got.get(category)
        if least is None:
            continue
        if have is None:
            fell.append('%s: nothing was compared, the minimum is %.2f %%' % (category, least))
        elif have < least:
            fell.append('%s: %.2f %%, the minimum is %.2f %%' % (category, have, least))
        elif have > least:
            rose.append('%s: %.2f %%, the minimum can rise from %.2f %%' % (category, have, least))
    for category, have in sorted(got.items()):
        if have is not None and minimums['agree'].get(category) is None:
            rose.append('%s: %.2f %%, there is no minimum yet' % (category, have))
    if figures['faults']:
        fell.append('faults: %d, there must be none' % figures['faults'])
    return fell, rose


def main():
    if len(sys.argv) != 3:
        print(__doc__.split('\n\n')[1], file=sys.stderr)
        return 2
    try:
        figures, minimums = (json.load(open(path)) for path in sys.argv[1:])
        fell, rose = compare(figures, minimums)
    except (OSError, ValueError, KeyError, TypeError) as e:
        print('conform_min.py: cannot compare: %r' % e, file=sys.stderr)
        return 2
    for line in rose:
        print('better  ' + line)
    for line in fell:
        print('WORSE   ' + line)
    print('%d of %d categories are at or above their minimum' % (len(minimums['agree']) - sum(not f.startswith('faults') for f in fell), len(minimums['agree'])))
    return 1 if fell else 0


sys.exit(main())
