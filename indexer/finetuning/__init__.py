"""Fine-tuning: train the look's CNN on a catalogue's labels. The result is a checkpoint."""
