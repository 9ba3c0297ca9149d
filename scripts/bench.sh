# Training steps of ours and of PyTorch over the same libtorch, in turns within one run, so that a machine that gets busier or warmer slows both.

# bf16 products are worth measuring where the processor (or the GPU) has instructions for them.
bench_has_bf16() { case "$1" in cpu*) grep -qE '^flags.* (avx512_bf16|amx_bf16)( |$)' /proc/cpuinfo ;; *) true ;; esac; }

# run_bench [--rounds N] [--against torch|peft] [--model roberta|t5|bart] [--precision P...] [--length L...] and, handed on to both: [--device D] [--threads N] [--batch B] [--steps S] [--warm-up W] [--layers L]
run_bench() {
  local rounds=3 against= model=roberta device=cpu threads steps=3 precisions=() lengths=() shared=() python=${PYTHON:-/usr/bin/python3}
  threads=$(nproc)
  while [ $# -gt 0 ]; do
    case "$1" in
      --rounds) rounds=${2:?--rounds N}; shift 2 ;;
      --against) against=${2:?--against torch or peft}; shift 2 ;;
      --model) model=${2:?--model M}; shift 2 ;;
      --device) device=${2:?--device D}; shift 2 ;;
      --threads) threads=${2:?--threads N}; shift 2 ;;
      --steps) steps=${2:?--steps N}; shift 2 ;;
      --batch|--warm-up|--layers) shared+=("$1" "${2:?$1 N}"); shift 2 ;;
      --precision) shift; while [ $# -gt 0 ] && [[ $1 != --* ]]; do precisions+=("$1"); shift; done ;;
      --length) shift; while [ $# -gt 0 ] && [[ $1 != --* ]]; do lengths+=("$1"); shift; done ;;
      *) die "bench does not know '$1'" ;;
    esac
  done
  [ ${#lengths[@]} -gt 0 ] || lengths=(128 32)
  if [ ${#precisions[@]} -eq 0 ]; then
    precisions=(fp32)
    if bench_has_bf16 "$device"; then precisions+=(bf16)
    else say "bf16 is left out: this processor has neither avx512_bf16 nor amx_bf16, so that bf16 products would be emulated (--precision bf16 measures them all the same)"; fi
  fi
  shared+=(--model "$model" --device "$device" --threads "$threads" --steps "$steps" --length "${lengths[@]}")
  if ! "$python" -c 'import torch' 2>/dev/null; then
    say "PyTorch is not installed: ours is measured alone (apt-get install python3-torch, or PYTHON=... with another PyTorch)"
    python=
  elif [[ $device == cuda* ]] && ! "$python" -c 'import sys, torch; sys.exit(not torch.cuda.is_available())'; then
    say "this PyTorch sees no CUDA device: ours is measured alone (PYTHON=... names another PyTorch)"
    python=
  fi
  # Where transformers and PEFT are installed, their own models; else the same written in plain modules.
  if [ -n "$python" ] && [ -z "$against" ]; then
    if "$python" -c 'import peft, transformers' 2>/dev/null; then against=peft; else against=torch; fi
  fi
  local lines="$DATA/logs/bench.jsonl" precision round
  : >"$lines"
  say "load of the machine at the start: $(cut -d' ' -f1 /proc/loadavg) on $(nproc) processors"
  for precision in "${precisions[@]}"; do
    for round in $(seq "$rounds"); do
      say "$precision, round $round of $rounds"
      worker_program bench --json --precision "$precision" "${shared[@]}"
      "${WORKER[@]}" >>"$lines" || die "bench failed"
      [ -n "$python" ] || continue
      # The same kernels for both, what ours chose by the processor's flags (an empty limit is none), and the same allocator.
      LD_PRELOAD=${LD_PRELOAD-$(allocator)} OPENBLAS_CORETYPE=$(sed -n '$s/.*"blas":"\([^"]*\)".*/\1/p' "$lines") OPENBLAS_NUM_THREADS=$threads OMP_NUM_THREADS=$threads \
        ONEDNN_MAX_CPU_ISA=$(sed -n '$s/.*"one_dnn":"\([^"]*\)".*/\1/p' "$lines") "$python" bench/torch_step.py --library "$against" --precision "$precision" "${shared[@]}" >>"$lines" || die "bench/torch_step.py failed"
    done
  done
  bench_table "$lines"
}

# Medians over the rounds; below 1 ours is the faster.
bench_table() {
  awk '
    function field(name,   text) {
      if (!match($0, "\"" name "\": ?(\"[^\"]*\"|[^,}]*)")) return ""
      text = substr($0, RSTART + length(name) + 3, RLENGTH - length(name) - 3)
      gsub(/[" ]/, "", text)
      return text
    }
    function median(key, name,   n, i, j, swap, v) {
      n = count[key]
      for (i = 1; i <= n; i++) v[i] = value[key, name, i]
      for (i = 1; i <= n; i++) for (j = i + 1; j <= n; j++) if (v[j] < v[i]) { swap = v[i]; v[i] = v[j]; v[j] = swap }
      return n == 0 ? 0 : (v[int((n + 1) / 2)] + v[int((n + 2) / 2)]) / 2
    }
    {
      cell = field("precision") " " field("length")
      if (!(cell in seen)) { seen[cell] = 1; cells[++total] = cell; batch = field("batch"); model = field("model") }
      engine = field("engine")
      if (engine != "PeftStudio") other = engine
      key = engine " " cell
      n = ++count[key]
      value[key, "ms", n] = field("median_ms"); value[key, "cpu", n] = field("cpu_ms")
      value[key, "tokens", n] = field("tokens_per_second"); value[key, "mb", n] = field("peak_mb")
    }
    END {
      if (other == "") other = "PyTorch"
      printf "LoRA r=8 (q, v of every attention), %s of base size, batch %s\n", model, batch
      printf "%-9s %6s | %10s %10s %9s | %10s %10s %9s | %6s %6s\n", "precision", "length", "ours ms", "tokens/s", "peak MB", other " ms", "tokens/s", "peak MB", "ratio", "(cpu)"
      for (c = 1; c <= total; c++) {
        split(cells[c], part, " "); o = "PeftStudio " cells[c]; p = other " " cells[c]
        printf "%-9s %6s | %10.1f %10.0f %9.0f | ", part[1], part[2], median(o, "ms"), median(o, "tokens"), median(o, "mb")
        if (count[p] == 0) printf "%10s %10s %9s | %6s %6s\n", "-", "-", "-", "-", "-"
        else printf "%10.1f %10.0f %9.0f | %6.2f %6.2f\n", median(p, "ms"), median(p, "tokens"), median(p, "mb"), median(o, "ms") / median(p, "ms"), median(o, "cpu") / median(p, "cpu")
      }
    }' "$1"
}
