import { z } from 'zod'

import type { ClientMessage, ServerMessage } from './generated'
import schema from './schema.json'

// Compiling validators needs `eval`, which the Content-Security-Policy forbids.
z.config({ jitless: true })

interface Definition {
  properties?: Record<string, { const?: unknown; enum?: unknown[] } | undefined>
}

type Direction = 'server' | 'client'
const ROOTS: Record<Direction, string> = { server: 'ServerMessage', client: 'ClientMessage' }

const definitions = schema.$defs as Record<string, Definition>
const checkers = new Map<string, z.ZodType>()

const namesIn = (value: unknown, found = new Set<string>()): Set<string> => {
  if (Array.isArray(value)) value.forEach((entry) => namesIn(entry, found))
  else if (typeof value === 'object' && value !== null) {
    for (const [key, entry] of Object.entries(value)) {
      if (key === '$ref' && typeof entry === 'string') {
        const name = entry.replace('#/$defs/', '')
        if (!found.has(name)) {
          found.add(name)
          namesIn(definitions[name], found)
        }
      } else namesIn(entry, found)
    }
  }
  return found
}

const reachable: Record<Direction, Set<string>> = {
  server: namesIn(definitions[ROOTS.server]),
  client: namesIn(definitions[ROOTS.client]),
}

const allows = (
  property: { const?: unknown; enum?: unknown[] } | undefined,
  value: unknown,
): boolean => property?.const === value || (property?.enum?.includes(value) ?? false)

/** The one definition that can describe a message, by its `type` and, where it has one, `kind`. */
function definitionFor(direction: Direction, type: unknown, kind: unknown): string | null {
  for (const name of reachable[direction]) {
    const properties = definitions[name]?.properties
    if (!properties?.type || !allows(properties.type, type)) continue
    const byKind = properties.kind?.const !== undefined || properties.kind?.enum !== undefined
    if (byKind && !allows(properties.kind, kind)) continue
    return name
  }
  return null
}

function checkerFor(name: string): z.ZodType {
  const known = checkers.get(name)
  if (known) return known
  const made = z.fromJSONSchema({ ...schema, $ref: `#/$defs/${name}` } as never)
  checkers.set(name, made)
  return made
}

function isValid(direction: Direction, message: unknown): boolean {
  if (typeof message !== 'object' || message === null) return false
  const { type, kind } = message as Record<string, unknown>
  const name = definitionFor(direction, type, kind)
  return name !== null && checkerFor(name).safeParse(message).success
}

export const isServerMessage = (message: unknown): message is ServerMessage =>
  isValid('server', message)
export const isClientMessage = (message: unknown): message is ClientMessage =>
  isValid('client', message)

/** A message as it came, or null where it breaks the schema. */
export function parseServerMessage(text: string): ServerMessage | null {
  try {
    const message: unknown = JSON.parse(text)
    return isServerMessage(message) ? message : null
  } catch {
    return null
  }
}
