import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { defineConfig, type TestProjectConfiguration } from 'vitest/config'

const root = import.meta.dirname

/** Every package and app is a project; one with a vitest configuration of its own keeps it. */
const projects: TestProjectConfiguration[] = ['packages', 'apps']
  .flatMap((group) =>
    existsSync(join(root, group)) ? readdirSync(join(root, group)).map((name) => join(group, name)) : [],
  )
  .filter((dir) => existsSync(join(root, dir, 'package.json')))
  .map((dir) =>
    existsSync(join(root, dir, 'vitest.config.ts'))
      ? dir
      : { extends: true, test: { name: dir, root: join(root, dir), include: ['test/**/*.test.ts'] } },
  )

export default defineConfig({
  test: {
    projects: [
      ...projects,
      { extends: true, test: { name: 'repository', root, include: ['tests/**/*.test.ts'] } },
    ],
    // Two cores, and tests that start real clusters: a stuck test must name itself, not hang the run.
    testTimeout: 30_000,
    hookTimeout: 30_000,
  },
})
