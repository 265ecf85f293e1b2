#!/bin/sh
# Builds the driver and its tests, and runs them. Needs ringside and prove.
set -eu
mkdir -p out
ringside cc driver/counter.c -o out/counter.sys -- -Wall -Wextra -Wno-unused-parameter
for test in counter-test abuse-test; do
    ringside cc "test/$test.c" -o "out/$test.exe" -- -Wall -Wextra
done
ringside inspect out/counter.sys

prove --exec 'sh test/machine.sh' out/*-test.exe

for seed in $(seq 10); do
    SEED=$seed prove -Q --exec 'sh test/machine.sh' out/*-test.exe
done
