module peers/temporal

go 1.26

require (
	go.temporal.io/sdk v1.47.0
	go.temporal.io/server v1.32.0
)
