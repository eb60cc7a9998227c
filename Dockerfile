# The gateway for production. docs/operating.md says how to run it: as its own user, with a read-only root file system,
# and with /data, the only place that it writes to, on a disk that stays.
# Pin the base by digest where images are kept for long: a tag moves.
FROM node:24-slim AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
# No package here needs its install script: what is native comes built.
RUN npm ci --ignore-scripts
COPY .swcrc ./
COPY scripts ./scripts
COPY src ./src
COPY providers ./providers
RUN npm run build && npm prune --omit=dev --ignore-scripts

FROM node:24-slim
ENV NODE_ENV=production HOST=0.0.0.0 PORT=4000 DATA_DIR=/data
WORKDIR /app
COPY --from=build /app/package.json ./
COPY --from=build /app/node_modules ./node_modules
COPY --from=build /app/dist ./dist
# A new volume takes over the owner and the mode of the folder that it hides.
RUN install -d -m 700 -o node -g node /data
VOLUME ["/data"]
USER node
EXPOSE 4000
# Node itself is the first process, so that the signal reaches it.
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 CMD ["node", "dist/scripts/health-check.js"]
CMD ["node", "dist/src/bundle/gateway.js"]
