"""Do what every host must, without a channel: parse the lines, call predict, and encode the outputs. Print the seconds."""
import json
import sys
import time

from echo_items import predict

slices, items, line = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
started = time.perf_counter()
for _ in range(slices):
    for output in predict([json.loads(line) for _ in range(items)]):
        json.dumps(output)
print(time.perf_counter() - started)
