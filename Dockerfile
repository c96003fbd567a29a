# kc-bridge for docker-compose.keycloak.yml; every package at the version and hash of the lock.
FROM python:3.13-slim
WORKDIR /srv/kc-bridge
COPY requirements.lock ./
RUN pip install --no-cache-dir --require-hashes -r requirements.lock
COPY pyproject.toml README.md ./
COPY kc_bridge kc_bridge
COPY required_actions required_actions
COPY sync sync
COPY theme theme
RUN pip install --no-cache-dir --no-deps --no-build-isolation --editable . \
 && pybabel compile --directory kc_bridge/translations \
 && useradd --system --home /var/lib/kc-bridge --create-home kc-bridge
USER kc-bridge
ENTRYPOINT ["kcb"]
