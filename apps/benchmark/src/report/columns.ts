// A line of a table, and numbers for people.

export interface Column {
  readonly title: string
  readonly width: number
  readonly left?: true
}

export function lineOf(columns: readonly Column[], cells: readonly string[]): string {
  return cells
    .map((cell, i) => {
      const { width, left } = columns[i] ?? { width: 0 }
      return left ? cell.padEnd(width) : cell.padStart(width)
    })
    .join(' ')
    .trimEnd()
}

const grouped = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 })

export function count(value: number): string {
  return grouped.format(value)
}
