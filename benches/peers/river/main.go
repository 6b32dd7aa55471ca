// River: jobs in PostgreSQL. Workflows belong to its paid edition, so a chain is a job that inserts
// the next one in the transaction that completes it (JobCompleteTx, as documented); a join does not
// exist: there is no diamond, and the fan ends with its last child.
package main

import (
	"context"
	"io"
	"log/slog"
	"os"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivermigrate"
)

const (
	insertedAtOnce = 1000
	connections    = "10"
)

var background = context.Background()

type step struct {
	Shape string `json:"shape"`
	Name  string `json:"name"`
}

func (step) Kind() string { return "step" }

type worker struct {
	river.WorkerDefaults[step]
	of *jobs
}

var next = map[string]string{"a": "b", "b": "c"}

func (w *worker) Work(ctx context.Context, job *river.Job[step]) error {
	var following []river.InsertManyParams
	isLast := false
	switch {
	case job.Args.Shape == "linear3":
		isLast = next[job.Args.Name] == ""
		if !isLast {
			following = copies(step{"linear3", next[job.Args.Name]}, 1)
		}
	case job.Args.Shape == "fan1000" && job.Args.Name == "a":
		following = copies(step{"fan1000", "m"}, widthOfFan)
	default:
		return nil // completed by River's own completer, in batches
	}
	transaction, err := w.of.pool.Begin(ctx)
	if err != nil {
		return err
	}
	defer transaction.Rollback(ctx)
	if len(following) > 0 {
		if _, err = w.of.client.InsertManyTx(ctx, transaction, following); err != nil {
			return err
		}
	}
	if _, err = river.JobCompleteTx[*riverpgxv5.Driver](ctx, transaction, job); err != nil {
		return err
	}
	if err = transaction.Commit(ctx); err == nil && isLast {
		w.of.ended <- struct{}{}
	}
	return err
}

func copies(of step, count int) []river.InsertManyParams {
	out := make([]river.InsertManyParams, count)
	for i := range out {
		out[i].Args = of
	}
	return out
}

type jobs struct {
	pool      *pgxpool.Pool
	client    *river.Client[pgx.Tx]
	completed <-chan *river.Event
	ended     chan struct{} // of chains, because River reports their last commit up to 250 ms later
	running   bool
}

func (j *jobs) open(shape string, isLatency bool) {
	j.pool = must(pgxpool.New(background, os.Getenv("DATABASE_URL")+"?pool_max_conns="+connections))
	migrator := must(rivermigrate.New(riverpgxv5.New(j.pool), nil))
	must(migrator.Migrate(background, rivermigrate.DirectionUp, nil))
	j.connect()
	if isLatency {
		j.start()
	}
}

// A client cannot be started twice, so each drain has its own.
func (j *jobs) connect() {
	workers := river.NewWorkers()
	river.AddWorker(workers, &worker{of: j})
	j.client = must(river.NewClient(riverpgxv5.New(j.pool), &river.Config{
		// The shortest it allows; the default of 100 ms holds back the next fetch for that long.
		FetchCooldown:     river.FetchCooldownMin,
		FetchPollInterval: 100 * time.Millisecond,
		Logger:            slog.New(slog.NewTextHandler(io.Discard, nil)),
		Queues:            map[string]river.QueueConfig{river.QueueDefault: {MaxWorkers: 1000}},
		Workers:           workers,
	}))
}

func (j *jobs) start() {
	// Sent once the completion is committed.
	j.completed, _ = j.client.SubscribeConfig(&river.SubscribeConfig{
		ChanSize: 1_000_000, Kinds: []river.EventKind{river.EventKindJobCompleted}})
	check(j.client.Start(background))
	j.running = true
}

func (j *jobs) wait(count int) {
	for range count {
		<-j.completed
	}
}

func (j *jobs) one(shape string) {
	must(j.client.Insert(background, step{shape, "a"}, nil))
	if shape == "linear3" {
		<-j.ended
		return
	}
	j.wait(widthOfFan + 1)
}

func (j *jobs) load(shape string, count int) {
	if j.running {
		check(j.client.Stop(background))
		j.connect()
	}
	for made := 0; made < count; made += insertedAtOnce {
		must(j.client.InsertManyFast(background,
			copies(step{shape, "a"}, min(insertedAtOnce, count-made))))
	}
}

func (j *jobs) drain(shape string, count int) {
	j.start()
	j.wait(count)
}

func (j *jobs) close() {
	check(j.client.Stop(background))
	j.pool.Close()
}

func main() {
	stepsOf["fan1000"] = widthOfFan + 1
	serve(&jobs{ended: make(chan struct{}, 1)})
}
