// Command calico answers which connections a cluster lets through, with Calico's own policy engine.
//
// Each line of standard input is a request in JSON, and is answered with one line of JSON: what the engine refuses to
// take, or else a letter for each source, target and port, in this order. It ends at the first thing that it cannot
// read: nothing is answered by leaving it out.
//
// The engine validates and converts policies, and selects those of each pod with their IP sets. The newest release
// that is a Go module has no tiers, so their order is this program's (tiers.go); so is the match of one packet against
// the rules that the engine computes (packets.go).
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"

	"github.com/sirupsen/logrus"
)

type request struct {
	// Manifests is a YAML stream of Namespaces, Pods with their addresses, ServiceAccounts, Services and policies.
	Manifests string `json:"manifests"`
	// Addresses are all sources and all targets. That of a pod is that pod, on the host network excepted.
	Addresses []string `json:"addresses"`
	Ports     []port   `json:"ports"`
}

type port struct {
	// Protocol is TCP, UDP, SCTP, ICMP or ICMPv6; empty for any other, which has no ports.
	Protocol string `json:"protocol"`
	// Number is a port, or the type of an ICMP message.
	Number int `json:"number"`
}

type answer struct {
	// Refused are the objects that the API server or Calico itself do not take; then there is no other answer.
	Refused []refusal `json:"refused,omitempty"`
	// Verdicts: 0 denied, 1 allowed, - no question.
	Verdicts string `json:"verdicts"`
}

type refusal struct {
	Kind      string `json:"kind"`
	Namespace string `json:"namespace,omitempty"`
	Name      string `json:"name"`
	Why       string `json:"why"`
}

func main() {
	logrus.SetLevel(logrus.PanicLevel)
	if err := answerAll(os.Stdin, os.Stdout); err != nil {
		fmt.Fprintf(os.Stderr, "calico: %v\n", err)
		os.Exit(1)
	}
}

func answerAll(in io.Reader, out io.Writer) error {
	requests, answers := json.NewDecoder(bufio.NewReader(in)), bufio.NewWriter(out)
	requests.DisallowUnknownFields()
	lines := json.NewEncoder(answers)
	for {
		var asked request
		if err := requests.Decode(&asked); err == io.EOF {
			return answers.Flush()
		} else if err != nil {
			return err
		}
		given, err := answerOne(asked)
		if err != nil {
			return err
		}
		if err := lines.Encode(given); err != nil {
			return err
		}
	}
}

func answerOne(asked request) (answer, error) {
	cluster, err := read(asked.Manifests)
	if err != nil {
		return answer{}, err
	}
	engine, refused, err := engineOf(cluster)
	if err != nil || len(refused) > 0 {
		return answer{Refused: refused}, err
	}
	return engine.answer(asked)
}
