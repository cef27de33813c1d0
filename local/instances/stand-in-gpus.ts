/**
 * A stand-in for NVIDIA's nvidia-smi, on the PATH of an instance whose type has GPUs. It answers the query that
 * programs use, for as many GPUs as the type has. There is no CUDA behind it: a model that wants to be seen says what
 * it uses with `nvidia-smi claim <MiB> [<percent>]`, from its own process. A claim lasts as long as the process that
 * made it, and fails, as CUDA does, where the memory of the GPU is used up.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { GpuModel } from '../market/instance-types.js';
import { makePrivateDirectory, PRIVATE_PROGRAM } from './private-files.js';

/** Writes the program into the instance's directory. Returns the folder for the PATH. */
export function writeStandInGpus(directory: string, gpus: GpuModel): string {
  const folder = path.join(directory, '.gpus');
  makePrivateDirectory(folder);
  mkdirSync(path.join(folder, 'claims'));
  writeFileSync(path.join(folder, 'nvidia-smi'), program(folder, gpus), { mode: PRIVATE_PROGRAM });
  return folder;
}

const quote = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;

const program = (folder: string, { count, name, memoryMiB }: GpuModel): string => `#!/bin/sh
# The local cloud's stand-in for NVIDIA's nvidia-smi.
folder=${quote(folder)}
count=${count}
name=${quote(`NVIDIA ${name}`)}
total=${memoryMiB}

# Adds up the claims of living processes on the GPU $1, those of the process $2 left out.
add_claims() {
  used=0
  busy=0
  for claim in "$folder/claims/$1".*; do
    [ -e "$claim" ] || continue
    pid=\${claim##*.}
    [ "$pid" = "$2" ] && continue
    if ! kill -0 "$pid" 2>/dev/null; then rm -f "$claim"; continue; fi
    read -r mib percent <"$claim" || continue
    used=$((used + mib))
    busy=$((busy + percent))
  done
  if [ "$busy" -gt 100 ]; then busy=100; fi
}

uuid() { printf 'GPU-00000000-0000-0000-0000-%012d' "$1"; }

list() {
  gpu=0
  while [ "$gpu" -lt "$count" ]; do
    "$1" "$gpu"
    gpu=$((gpu + 1))
  done
}

query() {
  add_claims "$1" none
  echo "$1, $(uuid "$1"), $name, $total, $used, $busy"
}

name_it() { echo "GPU $1: $name (UUID: $(uuid "$1"))"; }

# Two models that are loaded at the same time must not both take the last of the memory.
lock() {
  tries=0
  until mkdir "$folder/lock" 2>/dev/null; do
    tries=$((tries + 1))
    if [ "$tries" -gt 100 ]; then break; fi
    sleep 0.1
  done
}

claim() {
  gpu=\${CUDA_VISIBLE_DEVICES-0}
  gpu=\${gpu%%,*}
  case "$gpu" in '' | *[!0-9]*) echo 'RuntimeError: No CUDA GPUs are available' >&2; exit 1 ;; esac
  if [ "$gpu" -ge "$count" ]; then echo 'RuntimeError: No CUDA GPUs are available' >&2; exit 1; fi
  lock
  trap 'rmdir "$folder/lock" 2>/dev/null' EXIT
  add_claims "$gpu" "$PPID"
  free=$((total - used))
  if [ "$1" -gt "$free" ]; then
    echo "CUDA out of memory. Tried to allocate $1 MiB. GPU $gpu has a total capacity of $total MiB of which $free MiB is free." >&2
    exit 1
  fi
  echo "$1 \${2:-0}" >"$folder/claims/.new.$PPID"
  mv "$folder/claims/.new.$PPID" "$folder/claims/$gpu.$PPID"
}

case "$1" in
  --query-gpu=index,uuid,name,memory.total,memory.used,utilization.gpu) list query ;;
  -L) list name_it ;;
  claim) claim "$2" "$3" ;;
  *)
    echo "The local cloud's stand-in for nvidia-smi knows -L, claim <MiB> [<percent>], and" >&2
    echo '--query-gpu=index,uuid,name,memory.total,memory.used,utilization.gpu --format=csv,noheader,nounits.' >&2
    exit 2
    ;;
esac
`;
