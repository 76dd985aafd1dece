# The two commands are `make run` and `make test`; everything they need they set up.

ENV := test/env/run
PLUGIN := build/libgstshmmeta.so

.PHONY: build
build: ## the plugin, build/libgstshmmeta.so
	@$(ENV) go build -buildmode=c-shared -o $(PLUGIN) ./plugin && rm -f build/libgstshmmeta.h
