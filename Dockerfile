# Built in one image, run in another without compiler, sources and development packages.
FROM node:22-slim AS build
WORKDIR /build
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts
COPY tsconfig.json ./
COPY src ./src
RUN npm run build && npm prune --omit=dev --ignore-scripts

FROM node:22-slim
ENV NODE_ENV=production
# Half of Node's memory for young objects, as workers have it: a container often has one core, and then no workers.
ENV NODE_OPTIONS=--max-semi-space-size=8
WORKDIR /app
COPY --from=build /build/package.json ./
COPY --from=build /build/node_modules ./node_modules
COPY --from=build /build/dist ./dist
# Files of the pages and of the banner adapter, which the compiler copies none of.
COPY src/admin/assets ./src/admin/assets
COPY src/consent/assets ./src/consent/assets
COPY src/demo/assets ./src/demo/assets
COPY policies ./policies
RUN mkdir /data && chown node:node /data
USER node
# consentry.yaml, and what an embedded store, the spool and the decision log write.
WORKDIR /data
VOLUME /data
EXPOSE 8080 8081
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s --retries=3 \
  CMD ["node", "-e", "fetch('http://127.0.0.1:8081/livez').then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node", "/app/dist/main.js"]
CMD ["serve", "--config", "/etc/consentry/consentry.yaml"]
