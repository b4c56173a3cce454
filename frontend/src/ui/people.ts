/** Discipline families, each with a hue of its own; persons vary within it. */
const FAMILY_HUES: Record<string, number> = {
  radiology: 205,
  nuclear_medicine: 190,
  surgery: 28,
  pathology: 330,
  medical_oncology: 150,
  radiation_oncology: 95,
  gastroenterology: 45,
  pulmonology: 175,
  nursing: 300,
  coordination: 230,
  administration: 255,
  other: 60,
}
const HUE_SPREAD = 16
/** Light enough that the dark initials on it reach 4.5 : 1 at every hue, blue included. */
const LIGHTNESS = 67

function hash(text: string): number {
  let value = 2166136261
  for (const character of text) value = Math.imul(value ^ character.charCodeAt(0), 16777619)
  return value >>> 0
}

/** One stable colour per person: the family's hue, nudged by who it is. */
export function personColour({ discipline, id }: { discipline: string; id: string }): string {
  const hue = FAMILY_HUES[discipline] ?? FAMILY_HUES.other ?? 60
  const nudge = (hash(id) % (HUE_SPREAD * 2 + 1)) - HUE_SPREAD
  return `hsl(${(hue + nudge + 360) % 360} 62% ${LIGHTNESS}%)`
}

/** "Dr. Ana María Ruiz" -> "AR": first and last word, titles left out. */
export function initials(name: string): string {
  const words = name
    .replace(/^(dr|prof|pd)\.?\s+/i, '')
    .split(/\s+/)
    .filter(Boolean)
  const first = words[0]?.[0] ?? '?'
  const last = words.length > 1 ? (words[words.length - 1]?.[0] ?? '') : ''
  return (first + last).toUpperCase()
}
