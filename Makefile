# The two commands are `make run` and `make test`; everything they need they set
# up themselves. DEVICES=host runs on this machine's own devices instead of the
# virtual machine.

ENV     := test/env/run
PLUGIN  := build/libgstshmmeta.so
# Packages with tests that need drivers; they run again in the virtual machine,
# where a missing device is a failure.
DRIVERS := ./elements/internal/v4l2 ./elements/internal/kms ./elements/internal/udmabuf \
           ./elements/v4l2metasrc ./elements/v4l2metadec ./elements/kmsmetasink ./elements/hdrmetatestsrc ./elements/hdrmetaattach \
           ./elements ./test/e2e
BENCHTIME ?= 1s

.PHONY: help run test bench build lint clean

help: ## this list
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 8

run: plugin-for-devices ## frames from a V4L2 driver through sealed metadata to a KMS driver, with a picture and a report
	@test/run/run

test: build ## everything: unit, pipelines, then the drivers in the virtual machine
	@echo "== pure Go and pipelines"
	@$(ENV) go test ./...
	@echo "== the virtual machine"
	@test/vm/selftest
	@echo "== drivers, in the virtual machine"
	@SHMMETA_ENV=root $(MAKE) --no-print-directory build
	@test/vm/gotest $(DRIVERS)
	@test/vm/gotest --steady -run SixHundred ./test/e2e

bench: plugin-for-devices ## every speed promise: floor, peer and ours in one table, and out/bench.json
	@$(ENV) go run ./test/bench -benchtime $(BENCHTIME)

build: ## the plugin, build/libgstshmmeta.so
	@$(ENV) go build -buildmode=c-shared -o $(PLUGIN) ./plugin && rm -f build/libgstshmmeta.h

# The virtual machine's root is the Debian 13 folder, whatever this host has.
.PHONY: plugin-for-devices
plugin-for-devices:
	@$(if $(filter host,$(DEVICES)),,SHMMETA_ENV=root) $(MAKE) --no-print-directory build

lint: ## go vet and staticcheck
	@$(ENV) go vet ./...
	@$(ENV) go run honnef.co/go/tools/cmd/staticcheck@v0.7.0 ./...

clean: ## what was built and written; the root folder and kernels stay cached
	rm -rf build out
