// The simulator and everything of ours it needs, as it stood when the museum began: sources that change meanwhile, or
// were built at another time, must not be mixed. Types are stripped, nothing else is done to them.
import { cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { builtName, compiled } from './patch.js'
import { temporaryDirectory } from './temporary.js'
import { PACKAGES } from './workspace.js'

let taken: string | undefined

/** A directory with a directory for each package: its package.json, src and dist. */
export function base(): string {
  taken ??= take()
  return taken
}

function take(): string {
  const { path } = temporaryDirectory()
  for (const name of withDependencies('simulator')) {
    const [from, to] = [join(PACKAGES, name), join(path, name)]
    mkdirSync(to)
    cpSync(join(from, 'package.json'), join(to, 'package.json'))
    cpSync(join(from, 'src'), join(to, 'src'), { recursive: true })
    for (const file of readdirSync(join(to, 'src'), { recursive: true, encoding: 'utf8' })) {
      if (!file.endsWith('.ts')) continue
      const source = join(name, 'src', file)
      const built = join(path, builtName(source))
      mkdirSync(dirname(built), { recursive: true })
      writeFileSync(built, compiled(name, source, readFileSync(join(path, source), 'utf8')))
    }
  }
  return path
}

/** The packages of ours that `first` needs at run time, itself included. */
function withDependencies(first: string): Set<string> {
  const names = new Set([first])
  // A set goes on with what is added meanwhile.
  for (const name of names) {
    const manifest = readFileSync(join(PACKAGES, name, 'package.json'), 'utf8')
    const { dependencies = {} } = JSON.parse(manifest) as { dependencies?: Record<string, string> }
    for (const dependency of Object.keys(dependencies)) {
      // Others are for command lines, which no simulation loads: it would fail at once if one did.
      if (dependency.startsWith('@riverraft/')) names.add(dependency.slice('@riverraft/'.length))
    }
  }
  return names
}
