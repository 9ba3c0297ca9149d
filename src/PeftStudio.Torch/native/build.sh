#!/usr/bin/env bash
# Builds artifacts/native/libpeftstudio_torch.so; does nothing where the sources, the compiler and libtorch are those of the last build.
# Torch_DIR=.../share/cmake/Torch chooses a libtorch (the folder in a PyTorch wheel works too); without it CMake's own search decides.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../../.." && pwd)
output=${PEFTSTUDIO_NATIVE_OUTPUT:-$root/artifacts/native}
library=$output/libpeftstudio_torch.so

for tool in cmake make "${CXX:-g++}" sha256sum; do
    command -v "$tool" >/dev/null || { echo "build.sh: $tool is missing (Debian: apt-get install cmake make g++ libtorch-dev libopenblas0-pthread)" >&2; exit 1; }
done

stamp=$({
    sha256sum "$here/peftstudio_torch.cpp" "$here/cpu_kernels.h" "$here/CMakeLists.txt" "$here/build.sh" | cut -d' ' -f1
    "${CXX:-g++}" --version | head -n 1
    echo "${Torch_DIR:-default}"
    cat "${Torch_DIR:-/nonexistent}/TorchConfigVersion.cmake" /usr/lib/*/cmake/Torch/TorchConfigVersion.cmake 2>/dev/null || true
} | sha256sum | cut -d' ' -f1)

if [[ -f $library && -f $library.stamp && $(<"$library.stamp") == "$stamp" ]]; then
    echo "up to date: $library"
    exit 0
fi

build=$output/build
mkdir -p "$build"
(
    # Two callers at once: the second waits and finds the work done.
    flock 9
    if [[ -f $library && -f $library.stamp && $(<"$library.stamp") == "$stamp" ]]; then
        exit 0
    fi
    rm -f "$build/CMakeCache.txt"
    cmake -S "$here" -B "$build" -DCMAKE_BUILD_TYPE=Release -DPST_OUTPUT="$build/out" ${Torch_DIR:+-DTorch_DIR="$Torch_DIR"} >"$build/cmake.log" 2>&1 ||
        { cat "$build/cmake.log" >&2; echo "build.sh: CMake found no libtorch; install libtorch-dev or set Torch_DIR" >&2; exit 1; }
    cmake --build "$build" >"$build/build.log" 2>&1 || { cat "$build/build.log" >&2; exit 1; }
    mv -f "$build/out/libpeftstudio_torch.so" "$library"
    echo "$stamp" >"$library.stamp"
) 9>"$build/lock"
echo "built: $library"
