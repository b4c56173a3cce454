import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { brotliCompressSync, constants, gzipSync } from 'node:zlib'

import type { Plugin } from 'vite'

const COMPRESSIBLE = /\.(js|css|wasm|svg|json)$/
/** A file that hardly shrinks is not worth a second one beside it. */
const WORTH_IT = 0.9
/** The highest one takes a minute for three per cent. */
const BROTLI_QUALITY = 9

/** Lays `.br` and `.gz` beside what a page loads: compressed once here, never while somebody waits. */
export function compressAssets(directory: string): Plugin {
  return {
    name: 'compress-assets',
    apply: 'build',
    closeBundle() {
      for (const path of filesOf(directory)) {
        if (!COMPRESSIBLE.test(path)) continue
        const content = readFileSync(path)
        const options = { params: { [constants.BROTLI_PARAM_QUALITY]: BROTLI_QUALITY } }
        keep(`${path}.br`, brotliCompressSync(content, options), content.length)
        keep(`${path}.gz`, gzipSync(content, { level: 9 }), content.length)
      }
    },
  }
}

function keep(path: string, compressed: Uint8Array, size: number): void {
  if (compressed.length < size * WORTH_IT) writeFileSync(path, compressed)
}

function filesOf(directory: string): string[] {
  return readdirSync(directory).flatMap((name) => {
    const path = join(directory, name)
    return statSync(path).isDirectory() ? filesOf(path) : [path]
  })
}
