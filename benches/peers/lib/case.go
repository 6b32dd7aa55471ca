// One case of one peer in Go: the protocol that case.mjs describes.
//
//	run CASE COUNT WARM_UP
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"strconv"
	"time"
)

const widthOfFan = 1000

var stepsOf = map[string]int{"single": 1, "linear3": 3, "diamond4": 4, "fan1000": widthOfFan + 2}

// peer keeps its own state. one runs a task to its committed completion; load makes a backlog,
// drain works it off.
type peer interface {
	open(shape string, isLatency bool)
	one(shape string)
	load(shape string, count int)
	drain(shape string, count int)
	close()
}

type result struct {
	Case      string    `json:"case"`
	Count     int       `json:"count"`
	Steps     int       `json:"steps"`
	Seconds   float64   `json:"seconds"`
	Latencies []float64 `json:"latencies_ms"`
}

// must is for programs in which every error ends the run.
func must[T any](value T, err error) T {
	check(err)
	return value
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}

func latencies(of peer, shape string, count int) []float64 {
	out := []float64{}
	for range count {
		start := time.Now()
		of.one(shape)
		out = append(out, float64(time.Since(start).Nanoseconds())/1e6)
	}
	return out
}

func serve(of peer) {
	shape, count, warmUp := os.Args[1], must(strconv.Atoi(os.Args[2])), must(strconv.Atoi(os.Args[3]))
	input := bufio.NewReader(os.Stdin)
	isLatency := shape == "linear3" || shape == "fan1000"
	of.open(shape, isLatency)
	if isLatency {
		latencies(of, shape, warmUp)
	} else {
		of.load(shape, warmUp)
		of.drain(shape, warmUp)
		of.load(shape, count)
	}
	fmt.Println("ready")
	must(input.ReadString('\n'))
	start := time.Now()
	each := []float64{}
	if isLatency {
		each = latencies(of, shape, count)
	} else {
		of.drain(shape, count)
	}
	seconds := time.Since(start).Seconds()
	fmt.Println(string(must(json.Marshal(
		result{shape, count, count * stepsOf[shape], seconds, each}))))
	must(input.ReadString('\n'))
	of.close()
}
