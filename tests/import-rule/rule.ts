// The import rule of the house. It keeps the algorithm free of its host, and every plugin replaceable.
import { posix } from 'node:path'
import { type FoundImport, findImports } from './imports.js'

/** The one file of core that may name node. */
const CRC32_NODE = 'packages/core/src/wire/crc32-node.ts'

/** Real sockets make a simulation depend on the weather. */
const NETWORK_TRANSPORT = /^@riverraft\/transport-(tcp|websocket|libp2p|grpc)(\/|$)/

type Access = 'values' | 'types'

/** What each room of core may import from the others. */
const ROOMS: Record<string, Record<string, Access>> = {
  consensus: {},
  ports: { consensus: 'types', wire: 'types' },
  wire: { consensus: 'types', ports: 'values' },
  links: { consensus: 'types', ports: 'values', wire: 'values' },
  node: { consensus: 'values', ports: 'values', wire: 'values' },
}

/** Where a source file stands: `packages/kv/src/store.ts` is package `packages/kv`, part `src`. */
interface Place {
  readonly path: string
  readonly packageDir: string
  readonly packageName: string
  readonly part: string
}

/**
 * The offences of one file against the import rule, each as `path:line: imports '…': reason`.
 * `path` is relative to the root of the repository, with forward slashes; `appNames` are the package names of apps.
 */
export function checkImports(path: string, source: string, appNames: ReadonlySet<string>): string[] {
  const [group = '', packageName = '', part = ''] = path.split('/')
  const place: Place = { path, packageDir: `${group}/${packageName}`, packageName, part }
  const { imports, globals } = findImports(path, source)
  const offences: { line: number; text: string }[] = []
  for (const found of imports) {
    const reason = reasonAgainst(place, found, appNames)
    if (reason)
      offences.push({ line: found.line, text: `imports '${found.specifier ?? '<computed>'}': ${reason}` })
  }
  if (isCoreSource(place) && path !== CRC32_NODE) {
    for (const { line, name } of globals)
      offences.push({ line, text: `uses ${name}: core runs in a browser too` })
  }
  return offences.sort((a, b) => a.line - b.line).map(({ line, text }) => `${path}:${line}: ${text}`)
}

function reasonAgainst(place: Place, found: FoundImport, appNames: ReadonlySet<string>): string | undefined {
  const { specifier } = found
  if (specifier === undefined) return isCoreSource(place) ? 'core says what it imports' : undefined
  if (specifier.startsWith('.')) {
    const target = posix.join(posix.dirname(place.path), specifier)
    if (!target.startsWith(`${place.packageDir}/`)) return 'a package is imported by its name, not by a path'
    return isCoreSource(place) ? reasonAgainstRoom(place, target, found) : undefined
  }
  if (appNames.has(packageOf(specifier))) return 'nobody imports an app'
  if (place.part !== 'src') return undefined
  if (isCoreSource(place)) return reasonAgainstBare(place, specifier)
  if (isPlugin(place) && isOurs(specifier) && packageOf(specifier) !== '@riverraft/core') {
    return 'a plugin imports @riverraft/core and its driver'
  }
  if (place.packageName === 'simulator' && NETWORK_TRANSPORT.test(specifier)) {
    return 'the simulator has a network of its own'
  }
  return undefined
}

function reasonAgainstRoom(place: Place, target: string, found: FoundImport): string | undefined {
  const from = roomOf(place.path)
  const to = roomOf(target)
  // Files beside the rooms are the package's public face: they may import all of them, and no room imports them.
  if (from === undefined || from === to) return undefined
  if (to === undefined) return `${from} does not import what stands outside the rooms`
  const access = ROOMS[from]?.[to]
  if (access === undefined) return `${from} does not import ${to}`
  return access === 'types' && !found.typeOnly ? `${from} imports only types from ${to}` : undefined
}

function reasonAgainstBare(place: Place, specifier: string): string | undefined {
  if (specifier === '#crc32')
    return roomOf(place.path) === 'wire' ? undefined : 'only wire computes checksums'
  if (specifier === 'node:zlib' && place.path === CRC32_NODE) return undefined
  return specifier.startsWith('node:') ? 'core runs in a browser too' : 'core has no dependency'
}

/** The room of a path inside core's sources; undefined for a file directly in `src`. */
function roomOf(path: string): string | undefined {
  const segments = path.split('/')
  return segments.length > 4 ? segments[3] : undefined
}

function isCoreSource(place: Place): boolean {
  return place.packageDir === 'packages/core' && place.part === 'src'
}

/** The suites are for whoever writes a plugin: they may need no more than a plugin does. */
function isPlugin(place: Place): boolean {
  return (
    place.packageDir.startsWith('packages/') &&
    /^(transport-.*|storage-.*|kv|conformance)$/.test(place.packageName)
  )
}

function isOurs(specifier: string): boolean {
  return specifier.startsWith('@riverraft/')
}

function packageOf(specifier: string): string {
  return specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/')
}
