// The list at the end: what was packed, what it brings along, what ran.

export interface Row {
  readonly name: string
  readonly version: string
  readonly tarballBytes: number
  /** Packages that came along with it. */
  dependencies?: number
  typesChecked?: boolean
  exampleMs?: number
  commandMs?: number
}

export function print(rows: readonly Row[]): void {
  const head = ['package', 'version', 'tarball', 'dependencies', 'types', 'example ran', 'command ran']
  const cells = [...rows]
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .map((row) => [
      row.name,
      row.version,
      `${Math.ceil(row.tarballBytes / 1024)} KiB`,
      String(row.dependencies ?? '-'),
      row.typesChecked ? 'checked' : '-',
      milliseconds(row.exampleMs),
      milliseconds(row.commandMs),
    ])
  const widths = head.map((title, column) =>
    Math.max(title.length, ...cells.map((row) => row[column]!.length)),
  )
  const line = (row: readonly string[]): string =>
    row
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[0]!) : cell.padStart(widths[column]!)))
      .join('  ')
  console.log([head, ...cells].map(line).join('\n'))
}

function milliseconds(ms: number | undefined): string {
  return ms === undefined ? '-' : `${Math.round(ms)} ms`
}
