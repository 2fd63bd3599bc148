# Bridge in a container: everything it keeps is in /data, everything else may be read-only.
FROM python:3.14-slim AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PIP_ROOT_USER_ACTION=ignore
WORKDIR /src
COPY requirements.txt .ci/requirements-build.txt ./
RUN python -m venv --without-pip /opt/bridge \
 && python -m pip install --require-hashes -r requirements-build.txt \
 && python -m pip --python /opt/bridge/bin/python install --require-hashes --only-binary :all: -r requirements.txt
COPY pyproject.toml README.md LICENSE config.example.yaml ./
COPY templates templates
COPY rules rules
COPY bridge bridge
RUN python -m pip wheel --no-deps --no-build-isolation --wheel-dir wheels . \
 && python -m pip --python /opt/bridge/bin/python install --no-deps wheels/*.whl \
 && /opt/bridge/bin/python -m compileall -q /opt/bridge/lib

FROM python:3.14-slim
LABEL org.opencontainers.image.title="Bridge" \
      org.opencontainers.image.description="Webhooks in, rules in YAML, notifications out" \
      org.opencontainers.image.licenses="MIT"
# The volume takes its owner over from this folder.
RUN groupadd --gid 10001 bridge \
 && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /data --shell /usr/sbin/nologin bridge \
 && install --directory --owner bridge --group bridge --mode 0700 /data
COPY --from=build /opt/bridge /opt/bridge
ENV PATH=/opt/bridge/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    BRIDGE_CONFIG=/data/config.yaml \
    BRIDGE_LISTEN=0.0.0.0:8080
USER 10001:10001
WORKDIR /data
VOLUME /data
EXPOSE 8080
STOPSIGNAL SIGTERM
# Straight to the service, whatever proxy variables say.
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s --retries=3 \
    CMD ["python", "-c", "import http.client, os, sys; c = http.client.HTTPConnection('127.0.0.1', int(os.environ['BRIDGE_LISTEN'].rpartition(':')[2]), timeout=4); c.request('GET', '/readyz'); sys.exit(c.getresponse().status != 200)"]
ENTRYPOINT ["bridge"]
# Without a configuration in the volume, an example to start from is written first.
CMD ["serve", "--init"]
