"""Fine-tuning: the look's CNN trained on what a catalogue says of its products. The result is a weights file."""
