"""The suite `chaos`: faults of every kind, and a checker that proves that they did no harm."""
