"""Between the protos and the records: validation on the way in, rendering on the way out."""
