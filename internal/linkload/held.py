#!/usr/bin/env python3
"""Which rate of small packets does a live capture hold?

usage: held.py LINKLOAD HANALYZE [--rates N,N] [--seconds S] [--rounds R] [--tools T,T] [--buffer MIB]

Makes a network namespace with a pair of virtual interfaces, sends on one with LINKLOAD, and captures on the other with one
program at a time, each with the same buffer: hanalyze -o json, tcpdump -w /dev/null, tshark. Rounds alternate between the
programs, so that a slow moment of the machine meets them all. Prints for each run what was sent and dropped, the processor
time for each packet that was not, and how long the program went on after the last packet. Needs root and iproute2."""
import argparse, json, os, re, signal, subprocess, time

NS = "linkload%d" % os.getpid()
WITHIN = ["ip", "netns", "exec", NS]


def sh(*args):
    subprocess.run(args, check=True)


def link():
    sh("ip", "netns", "add", NS)
    sh("ip", "-n", NS, "link", "add", "v0", "type", "veth", "peer", "name", "v1")
    for v in ("v0", "v1"):
        sh("ip", "-n", NS, "link", "set", v, "up", "arp", "off", "addrgenmode", "none")
    while "LOWER_UP" not in subprocess.check_output(["ip", "-n", NS, "link", "show", "v1"], text=True):
        time.sleep(0.01)


def listening():
    """Whether a packet socket is open in the namespace: the first line is a heading."""
    return len(subprocess.check_output(WITHIN + ["cat", "/proc/net/packet"], text=True).splitlines()) > 1


def commands(hanalyze, buffer):
    return {
        "hanalyze": [hanalyze, "-i", "v1", "-o", "json", "-B", str(buffer)],
        "tcpdump": ["tcpdump", "-i", "v1", "-n", "-w", "/dev/null", "-B", str(buffer << 10)],
        "tshark": ["tshark", "-i", "v1", "-n", "-B", str(buffer)],
    }


def drops(tool, last, said):
    """Packets dropped, as the program says; last is its last line, said its standard error."""
    if tool == "hanalyze":
        return json.loads(last)["kernel"]["dropped"]
    found = re.search(r"(\d+) packets? dropped", said)
    return int(found.group(1)) if found else 0


def measure(tool, command, linkload, rate, seconds):
    capture = subprocess.Popen(WITHIN + command, stdout=subprocess.PIPE if tool == "hanalyze" else subprocess.DEVNULL,
                               stderr=subprocess.PIPE)
    keep = subprocess.Popen(["tail", "-n", "1"], stdin=capture.stdout, stdout=subprocess.PIPE) if capture.stdout else None
    while not listening():
        time.sleep(0.01)
    sent = subprocess.check_output(WITHIN + [linkload, "-i", "v0", "-rate", str(rate), "-for", "%gs" % seconds], text=True)
    began = time.monotonic()
    capture.send_signal(signal.SIGINT)
    said = capture.stderr.read().decode()
    _, _, used = os.wait4(capture.pid, 0)
    after = time.monotonic() - began
    lost = drops(tool, keep.communicate()[0] if keep else b"", said)
    sent = int(sent.split()[0])
    print("%9d/s  %-9s %10d sent %10d dropped %6.2f %%  %6d ns  %5.1f s after  %5d MiB" % (
        sent / seconds, tool, sent, lost, 100 * lost / sent, 1e9 * (used.ru_utime + used.ru_stime) / max(1, sent - lost), after,
        used.ru_maxrss >> 10), flush=True)


def main():
    p = argparse.ArgumentParser(usage=__doc__.split("\n\n")[1])
    p.add_argument("linkload")
    p.add_argument("hanalyze")
    p.add_argument("--rates", default="500000")
    p.add_argument("--seconds", type=float, default=60)
    p.add_argument("--rounds", type=int, default=3)
    p.add_argument("--tools", default="hanalyze,tcpdump")
    p.add_argument("--buffer", type=int, default=16)
    a = p.parse_args()
    link()
    try:
        for rate in a.rates.split(","):
            for _ in range(a.rounds):
                for tool in a.tools.split(","):
                    command = commands(os.path.abspath(a.hanalyze), a.buffer)[tool]
                    measure(tool, command, os.path.abspath(a.linkload), int(rate), a.seconds)
    finally:
        sh("ip", "netns", "del", NS)


if __name__ == "__main__":
    main()
