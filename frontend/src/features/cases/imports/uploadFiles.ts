import type { UploadFile } from '@/api/upload'
import type { ImportBatch, ImportFile } from '@/api/types'

const NAME_LENGTH = 400

/** Where a file lay in its folder; a dropped folder tells it under another name. */
export function pathOf(file: File): string {
  const dropped = 'relativePath' in file && typeof file.relativePath === 'string' ? file.relativePath : ''
  return (file.webkitRelativePath || dropped || file.name).replace(/^\.?\//, '')
}

const BREATH_MS = 40

/** Each file is looked up on the disk: in short spells, so that the page goes on answering. */
export async function toUploadFiles(files: File[]): Promise<UploadFile[]> {
  const found: UploadFile[] = []
  let since = performance.now()
  for (const file of files) {
    found.push({ file, name: pathOf(file), size: file.size, modified: file.lastModified })
    if (performance.now() - since < BREATH_MS) continue
    await new Promise((resume) => setTimeout(resume))
    since = performance.now()
  }
  return found
}

/** As the server keeps it: the end of a path says more than its beginning. */
const keptName = (name: string): string => (name.length <= NAME_LENGTH ? name : Array.from(name).slice(-NAME_LENGTH).join(''))

const markOf = (name: string, size: number, modified: number): string => JSON.stringify([keptName(name), size, modified])

export interface Matched {
  /** In the order in which the upload was announced. */
  files: UploadFile[]
  /** Announced, not arrived, and not among the chosen files as they were. */
  missing: ImportFile[]
}

/**
 * The chosen files as the upload knows them: by path, size and time of the last
 * change. A file that changed meanwhile is another file: half of each would be
 * sent, and might even look like a picture.
 */
export function matchFiles(batch: ImportBatch, chosen: UploadFile[]): Matched {
  const known = new Map(chosen.map(({ file, name, size, modified }) => [markOf(name, size, modified), file]))
  const files: UploadFile[] = []
  const missing: ImportFile[] = []
  let end = 0
  for (const announced of batch.files) {
    end += announced.size_bytes
    const file = known.get(markOf(announced.name, announced.size_bytes, announced.modified_ms))
    const isNeeded = end > batch.received_bytes && announced.size_bytes > 0
    if (!file && isNeeded) missing.push(announced)
    // What has arrived is not read again; only its length counts.
    files.push({ name: announced.name, file: file ?? new File([], announced.name), size: announced.size_bytes, modified: announced.modified_ms })
  }
  return { files, missing }
}
