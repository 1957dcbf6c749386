// Command cilium answers which connections a cluster lets through, with Cilium's own policy engine.
//
// Each line of standard input is a request in JSON, and is answered with one line of JSON: what the engine refuses to
// take, or else a letter for each source, target and port, in this order, and one for each question about a request.
// It ends at the first thing that it cannot read: nothing is answered by leaving it out.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
)

type request struct {
	// Manifests is a YAML stream of Namespaces, Pods with their addresses, Services and policies.
	Manifests string `json:"manifests"`
	// Ends are all sources and all targets: an address (that of a pod is that pod), `entity:NAME`, `fqdn:NAME` or
	// `fqdn:NAME@ADDRESS`.
	Ends      []string   `json:"ends"`
	Ports     []port     `json:"ports"`
	Questions []question `json:"questions"`
	Options   options    `json:"options"`
}

type port struct {
	// Protocol is TCP, UDP, SCTP, ICMP or ICMPv6; empty for any other, which has no ports.
	Protocol string `json:"protocol"`
	// Number is a port, or the type of an ICMP message.
	Number int `json:"number"`
}

// question asks for one request over a connection: of HTTP where it has a method, of DNS where it has a name.
type question struct {
	Source string `json:"source"`
	Target string `json:"target"`
	Port   port   `json:"port"`
	Method string `json:"method"`
	Path   string `json:"path"`
	Host   string `json:"host"`
	Name   string `json:"name"`
}

// options are those of the agent that change what policies mean.
type options struct {
	// CIDRMatchMode is policy-cidr-match-mode: pods, nodes, both or nothing.
	CIDRMatchMode []string `json:"cidrMatchMode"`
	// AnyCluster is policy-default-local-cluster=false.
	AnyCluster bool `json:"anyCluster"`
}

type answer struct {
	// Refused are the objects that the API server or Cilium itself do not take; then there is no other answer.
	Refused []refusal `json:"refused,omitempty"`
	// Verdicts: 0 denied, 1 allowed, f allowed for some requests only, u unsupported, - no question.
	Verdicts string `json:"verdicts"`
	Requests string `json:"requests"`
	// Unsupported says why there are verdicts u.
	Unsupported []string `json:"unsupported,omitempty"`
}

type refusal struct {
	Kind      string `json:"kind"`
	Namespace string `json:"namespace,omitempty"`
	Name      string `json:"name"`
	Why       string `json:"why"`
}

func main() {
	if err := answerAll(os.Stdin, os.Stdout); err != nil {
		fmt.Fprintf(os.Stderr, "cilium: %v\n", err)
		os.Exit(1)
	}
}

func answerAll(in io.Reader, out io.Writer) error {
	if err := setUp(); err != nil {
		return err
	}
	schemas, err := readSchemas()
	if err != nil {
		return err
	}
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
		given, err := answerOne(schemas, asked)
		if err != nil {
			return err
		}
		if err := lines.Encode(given); err != nil {
			return err
		}
	}
}

func answerOne(schemas schemas, asked request) (answer, error) {
	if err := set(asked.Options); err != nil {
		return answer{}, err
	}
	cluster, err := read(asked.Manifests)
	if err != nil {
		return answer{}, err
	}
	engine, refused, err := engineOf(cluster, schemas, asked)
	if err != nil || len(refused) > 0 {
		return answer{Refused: refused}, err
	}
	return engine.answer(asked)
}
