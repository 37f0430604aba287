# The only door: `make help` lists what there is.

SWIFT ?= swift
KERNELS ?= cloud

TRIPLE := aarch64-none-none-elf
TOOL := .build/release/faultline
IMAGES := .build/images
BUILT := Images/.build/$(TRIPLE)/release
IMAGE_BUILD := $(SWIFT) build --build-system native --package-path Images -c release \
  --triple $(TRIPLE) --toolset Images/toolset.json -Xswiftc -warnings-as-errors
# Of the toolchain itself: the host's binutils do not read arm64 files.
OBJCOPY = $(shell $(SWIFT) -print-target-info | \
  sed -n 's|.*"runtimeResourcePath" *: *"\(.*\)/lib/swift".*|\1|p')/bin/llvm-objcopy
FORMATTED := Package.swift Images/Package.swift Sources Tests Benchmarks Images/Sources

APPLETS := sh mount umount uname cat echo ls mkdir rm sleep poweroff reboot dmesg ps kill grep \
  sed awk head tail wc sync free setsid seq dd cp mv date true false test printf od hexdump \
  taskset nproc md5sum sort uniq cut tr env

HOST_FILES := --folder dev --folder proc --folder sys --folder tmp init=$(IMAGES)/host-init \
  bin/vmm=$(IMAGES)/vmm bin/reader=$(IMAGES)/reader bin/neighbour=$(IMAGES)/neighbour \
  bin/hostile=$(IMAGES)/hostile guest.bin=$(IMAGES)/guest.bin

INITRD_FILES := --folder proc --folder sys --folder tmp \
  init=Images/Initrd/init bin/busybox=.cache/linux/busybox \
  bin/reader=$(IMAGES)/reader bin/neighbour=$(IMAGES)/neighbour \
  $(foreach applet,$(APPLETS),--link bin/$(applet)=busybox)

# The suites of Tests/Support/Fuzzer.swift.
FUZZERS := FuzzTests|InventoryFuzz|FuzzUserMode|FuzzSystemMode|EngineLockstep|HostSurvives|HostileGuests|ServiceFuzz
FUZZERS := $(FUZZERS)|DelegationFuzz|MonitorCallFuzz|ErrorGroupFuzz|A64Lockstep|HostileAddresses

PREFIX ?= /usr/local
SHARE = $(DESTDIR)$(PREFIX)/share

.PHONY: help demo demo-linux demo-qemu demo-rasdaemon campaigns test tidy fuzz install manual bench check lint format \
  images server own-images qemu-images rasdaemon-images clean tool setup demosetup kernel newest-kernel

help: ## List the targets.
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: demosetup own-images ## A guest's process reads a poisoned line: the whole story, judged; no download.
	$(TOOL) run Scenarios/guest-process-reads-poison.yaml --host faultline

demo-linux: demosetup images ## The same with Debian's kernel: the machine's own, then a guest of two hosts.
	$(TOOL) run Scenarios/linux-process-reads-poison.yaml
	$(TOOL) run Scenarios/guest-linux-reads-poison.yaml

demo-qemu: demosetup own-images ## Once more with Debian's QEMU as VMM: its guest's process reads a poisoned line.
	@$(MAKE) --no-print-directory qemu-images
	$(TOOL) run Scenarios/qemu/guest-process-reads-poison.yaml
	$(TOOL) run Scenarios/qemu/guest-without-error-sources.yaml

demo-rasdaemon: demosetup images ## Debian's rasdaemon keeps what the machine's own Linux is told of three errors.
	@$(MAKE) --no-print-directory rasdaemon-images
	$(TOOL) run Scenarios/rasdaemon/errors-are-kept.yaml

# What Documentation/Campaigns.md tells of; .build/campaigns/NAME and NAME.html.
campaigns: setup images ## Run the campaigns of Campaigns/ and write their reports into .build/campaigns.
	@mkdir -p .build/campaigns
	@for file in Campaigns/*.yaml; do \
	  name=$$(basename $$file .yaml); folder=.build/campaigns/$$name; \
	  [ -e $$folder/plan.db ] || $(TOOL) campaign plan $$file --to $$folder || exit; \
	  $(TOOL) campaign run $$folder --workers $$(nproc) || exit; \
	  $(TOOL) campaign report $$folder --html .build/campaigns/$$name.html \
	    --json .build/campaigns/$$name.json || [ $$? = 1 ] || exit; \
	done
	$(TOOL) campaign diff .build/campaigns/guest-chain .build/campaigns/guest-chain-kvm || [ $$? = 1 ]
	$(TOOL) campaign diff .build/campaigns/guest-chain .build/campaigns/guest-chain-direct || [ $$? = 1 ]

# A guest's exceptions are thrown errors; swift-testing would take a host backtrace of each.
test: export SWT_SWIFT_ERROR_BACKTRACING_ENABLED = 0
test: setup images newest-kernel qemu-images rasdaemon-images ## Run every test, the form's first.
	$(SWIFT) test -c release --filter TidyTests
	$(SWIFT) test -c release --parallel --skip TidyTests

tidy: ## Check the form of the repository: openings, lengths, imports, names, links, citations.
	$(SWIFT) test -c release --filter TidyTests

fuzz: export SWT_SWIFT_ERROR_BACKTRACING_ENABLED = 0
fuzz: export FAULTLINE_FUZZ = long
fuzz: setup own-images ## Run every fuzzer for long (over an hour of processor time); FAULTLINE_FUZZ_SEED=N differently.
	$(SWIFT) test -c release --parallel --filter '$(FUZZERS)'

# Beside the command: what it runs, how a shell completes it, how `man` explains it.
install: own-images manual server ## Install command, images, completions and manual; PREFIX=/usr/local, DESTDIR.
	install -d $(DESTDIR)$(PREFIX)/bin $(SHARE)/faultline/images $(SHARE)/man/man1 \
	  $(SHARE)/bash-completion/completions $(SHARE)/zsh/site-functions \
	  $(SHARE)/fish/vendor_completions.d
	install -m 755 $(TOOL) .build/release/faultline-campaign-server $(DESTDIR)$(PREFIX)/bin
	install -m 644 $(IMAGES)/firmware.bin $(IMAGES)/hypervisor.bin $(IMAGES)/guest.bin \
	  $(IMAGES)/vmm $(IMAGES)/host.cpio $(IMAGES)/*.elf $(SHARE)/faultline/images
	$(TOOL) --generate-completion-script bash >$(SHARE)/bash-completion/completions/faultline
	$(TOOL) --generate-completion-script zsh >$(SHARE)/zsh/site-functions/_faultline
	$(TOOL) --generate-completion-script fish >$(SHARE)/fish/vendor_completions.d/faultline.fish
	install -m 644 .build/manual/faultline*.1 $(SHARE)/man/man1

manual: tool ## Write the manual pages into .build/manual.
	rm -rf .build/manual
	mkdir -p .build/manual
	$(SWIFT) package --allow-writing-to-package-directory generate-manual --multi-page \
	  --configuration release --output-directory .build/manual

bench: setup images ## Measure speed and size, side by side with QEMU; .build/bench.json.
	@Scripts/fetch-kernel cloud 6.12-cloud sid-cloud
	$(SWIFT) build -c release --product Benchmarks
	.build/release/Benchmarks --json .build/bench.json

check: lint test ## What a change must pass.

lint: ## Check the format of every source file.
	$(SWIFT) format lint --strict --recursive --parallel $(wildcard $(FORMATTED))

format: ## Format every source file.
	$(SWIFT) format --in-place --recursive --parallel $(wildcard $(FORMATTED))

tool: ## Build the faultline command.
	$(SWIFT) build -c release --product faultline

server: ## Build what `faultline campaign serve` needs.
	$(SWIFT) build -c release --product faultline-campaign-server

images: own-images kernel ## Build everything that runs inside the machine.
	@$(MAKE) --no-print-directory $(IMAGES)/initrd.cpio $(IMAGES)/initrd-einj.cpio \
	  $(IMAGES)/host-debian.cpio

# What needs no download.
own-images: tool
	@$(MAKE) --no-print-directory $(IMAGES)/fresh
	$(IMAGE_BUILD)
	@$(MAKE) --no-print-directory $(IMAGES)/firmware.bin $(IMAGES)/hypervisor.bin $(IMAGES)/vmm \
	  $(IMAGES)/guest.bin $(IMAGES)/host.cpio $(IMAGES)/probe

# SwiftPM does not watch headers, assembly or linker scripts: when one changes, images are built anew.
$(IMAGES)/fresh: $(wildcard Images/Linker/*.ld) Images/toolset.json \
  $(shell find Images/Sources -name '*.h' -o -name '*.inc' -o -name '*.S' -o -name '*.c')
	rm -rf Images/.build/$(TRIPLE)
	mkdir -p $(IMAGES)
	touch $@

# The .elf files are for the symbols that scenarios name.
$(IMAGES)/firmware.bin: $(BUILT)/FirmwareImage
	cp $< $(IMAGES)/firmware.elf
	$(OBJCOPY) -O binary $< $@

$(IMAGES)/hypervisor.bin: $(BUILT)/HypervisorImage
	cp $< $(IMAGES)/hypervisor.elf
	$(OBJCOPY) -O binary $< $@

$(IMAGES)/vmm: $(BUILT)/VMMImage
	cp $< $(IMAGES)/vmm.elf
	$(OBJCOPY) --strip-all $< $@

# The small guest's kernel, with its EL0 program inside.
$(IMAGES)/guest.bin: $(BUILT)/GuestImage $(BUILT)/GuestProgram
	$(OBJCOPY) --strip-all $(BUILT)/GuestProgram $(IMAGES)/guest-program
	$(OBJCOPY) --update-section .program=$(IMAGES)/guest-program $< $(IMAGES)/guest.elf
	$(OBJCOPY) -O binary $(IMAGES)/guest.elf $@

$(IMAGES)/initrd.cpio: $(BUILT)/Reader $(BUILT)/Neighbour Images/Initrd/init .cache/linux/busybox $(TOOL)
	$(OBJCOPY) --strip-all $(BUILT)/Reader $(IMAGES)/reader
	$(OBJCOPY) --strip-all $(BUILT)/Neighbour $(IMAGES)/neighbour
	$(TOOL) initrd --output $@ $(INITRD_FILES)

# The same with the einj module of each fetched kernel, for scenarios in which Linux injects.
MODULES = $(foreach module,$(wildcard .cache/linux/*/modules/*/einj.ko),\
  lib/modules/$(notdir $(patsubst %/,%,$(dir $(module))))/einj.ko=$(module))

DEPENDENCIES = $(foreach module,$(wildcard .cache/linux/*/modules/*/einj.ko),\
  lib/modules/$(notdir $(patsubst %/,%,$(dir $(module))))/modules.dep=$(IMAGES)/modules.dep)

$(IMAGES)/initrd-einj.cpio: $(IMAGES)/initrd.cpio $(wildcard .cache/linux/*/modules/*/einj.ko)
	echo einj.ko: >$(IMAGES)/modules.dep
	$(TOOL) initrd --output $@ $(INITRD_FILES) --link bin/insmod=busybox \
	  --link bin/modprobe=busybox --link bin/rmmod=busybox $(MODULES) $(DEPENDENCIES)

# What a host boots with, whichever kernel it has: the VMM, the small guest, and an /init that obeys
# the scenario's script. No download is needed for it.
$(IMAGES)/host.cpio: $(BUILT)/HostInit $(BUILT)/Reader $(BUILT)/Neighbour $(BUILT)/Hostile \
  $(IMAGES)/vmm $(IMAGES)/guest.bin $(TOOL)
	$(OBJCOPY) --strip-all $(BUILT)/HostInit $(IMAGES)/host-init
	$(OBJCOPY) --strip-all $(BUILT)/Reader $(IMAGES)/reader
	$(OBJCOPY) --strip-all $(BUILT)/Neighbour $(IMAGES)/neighbour
	$(OBJCOPY) --strip-all $(BUILT)/Hostile $(IMAGES)/hostile
	$(TOOL) initrd --output $@ $(HOST_FILES)

# What asks /dev/kvm of two hosts, for a test.
$(IMAGES)/probe: $(BUILT)/Probe
	$(OBJCOPY) --strip-all $< $@

# The same and a Debian guest: /guest/vmlinuz and /guest/initrd.cpio.
$(IMAGES)/host-debian.cpio: $(IMAGES)/host.cpio $(IMAGES)/initrd.cpio .cache/linux/cloud/vmlinuz
	$(TOOL) initrd --output $@ $(HOST_FILES) guest/vmlinuz=.cache/linux/cloud/vmlinuz \
	  guest/initrd.cpio=$(IMAGES)/initrd.cpio

# A host whose VMM is Debian's QEMU; on the newer kernel of Debian 12, as that QEMU's release has it.
qemu-images: tool
	@Scripts/fetch-kernel cloud 6.12-cloud
	@Scripts/fetch-qemu
	@$(MAKE) --no-print-directory $(IMAGES)/host-qemu.cpio $(IMAGES)/initrd-einj.cpio

$(IMAGES)/host-qemu.cpio: $(IMAGES)/initrd.cpio .cache/linux/cloud/vmlinuz .cache/qemu/files
	$(TOOL) initrd --output $@ $(INITRD_FILES) $$(cat .cache/qemu/files) \
	  guest/vmlinuz=.cache/linux/cloud/vmlinuz guest/initrd.cpio=$(IMAGES)/initrd.cpio

# A host with Debian's rasdaemon, on every kernel that is tested.
rasdaemon-images: tool
	@Scripts/fetch-kernel cloud 6.12-cloud
	@Scripts/fetch-rasdaemon
	@$(MAKE) --no-print-directory $(IMAGES)/initrd-rasdaemon.cpio

$(IMAGES)/initrd-rasdaemon.cpio: $(IMAGES)/initrd.cpio .cache/rasdaemon/files
	$(TOOL) initrd --output $@ $(INITRD_FILES) --folder var/lib/rasdaemon $$(cat .cache/rasdaemon/files)

.cache/linux/busybox .cache/linux/cloud/vmlinuz:
	@Scripts/fetch-kernel $(KERNELS)

setup:
	@SWIFT=$(SWIFT) Scripts/setup test

demosetup:
	@SWIFT=$(SWIFT) Scripts/setup demo

kernel:
	@Scripts/fetch-kernel $(KERNELS)

# Of Debian's unstable release. Before initrd-einj.cpio, which has a module of every kernel.
newest-kernel:
	@Scripts/fetch-kernel sid-cloud

clean: ## Remove what was built; the fetched kernels in .cache stay.
	rm -rf .build Images/.build
