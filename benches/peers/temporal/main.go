// Temporal: the server of Temporal's end-to-end tests (temporaltest), all of it in this process,
// with
// SQLite in memory: the dev server of its command line, which no package registry has, is made of
// the same parts. A step is an activity.
package main

import (
	"context"
	"io"
	"log/slog"

	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"
	"go.temporal.io/server/temporaltest"
	"time"
)

const (
	pollers   = 8   // of workflow and of activity tasks; the default is 2
	executing = 200 // at a time
)

var background = context.Background()

func step(context.Context) (int, error) { return 17, nil }

func begin(ctx workflow.Context) workflow.Future {
	return workflow.ExecuteActivity(
		workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
			StartToCloseTimeout: 5 * time.Minute}), step)
}

// run executes `width` steps at a time, for each of the widths, one after the other.
func run(ctx workflow.Context, widths []int) error {
	for _, width := range widths {
		var started []workflow.Future
		for range width {
			started = append(started, begin(ctx))
		}
		for _, each := range started {
			if err := each.Get(ctx, nil); err != nil {
				return err
			}
		}
	}
	return nil
}

var widths = map[string][]int{
	"single": {1}, "linear3": {1, 1, 1}, "diamond4": {1, 2, 1}, "fan1000": {1, widthOfFan, 1},
}

type temporal struct {
	server  *temporaltest.TestServer
	client  client.Client
	worker  worker.Worker
	waiting []client.WorkflowRun
	queue   string
}

func (t *temporal) open(shape string, isLatency bool) {
	t.server = temporaltest.NewServer(temporaltest.WithBaseClientOptions(client.Options{
		Logger: log.NewStructuredLogger(slog.New(slog.NewTextHandler(io.Discard, nil)))}))
	t.client = t.server.GetDefaultClient()
	if isLatency {
		t.start()
	}
}

func (t *temporal) start() {
	t.worker = worker.New(t.client, t.queue, worker.Options{
		MaxConcurrentActivityTaskPollers:       pollers,
		MaxConcurrentWorkflowTaskPollers:       pollers,
		MaxConcurrentActivityExecutionSize:     executing,
		MaxConcurrentWorkflowTaskExecutionSize: executing,
	})
	t.worker.RegisterWorkflow(run)
	t.worker.RegisterActivity(step)
	check(t.worker.Start())
}

func (t *temporal) execute(shape string) client.WorkflowRun {
	return must(t.client.ExecuteWorkflow(background,
		client.StartWorkflowOptions{TaskQueue: t.queue}, "run", widths[shape]))
}

func (t *temporal) one(shape string) {
	check(t.execute(shape).Get(background, nil))
}

func (t *temporal) load(shape string, count int) {
	if t.worker != nil {
		t.worker.Stop()
	}
	// The polls of a worker that was stopped linger, and what they are given waits for a time-out:
	// each backlog has its own queue.
	t.queue += "+"
	t.waiting = nil
	for range count {
		t.waiting = append(t.waiting, t.execute(shape))
	}
}

func (t *temporal) drain(shape string, count int) {
	t.start()
	for _, each := range t.waiting {
		check(each.Get(background, nil))
	}
}

// The process ends with the server, whose own stop logs to a test that is not there.
func (t *temporal) close() {
	t.worker.Stop()
}

func main() {
	serve(&temporal{queue: "steps"})
}
