import type { DicomDataset } from './dicomJson'
import { PixelError, toPixelError } from './errors'
import { describeSeries, type SeriesDescription } from './frames'
import { setPixelAccess } from './loader'
import { registerFrames } from './knownFrames'
import type { PixelAccess } from './pixelAccess'
import type { WireStack } from './stacks'

/** Where a series of the case is to be read. */
export interface SeriesSource {
  readonly study_instance_uid: string
  readonly series_instance_uid: string
  /** Changes with what the archive holds of it; what was opened before is then opened anew. */
  readonly version: string
  /** Asks once per study; resolves to the path below `/pixels` and the access to it. */
  readonly open: () => Promise<{ base_url: string; access: PixelAccess }>
}

/** The series of the case that can be shown, opened on first use. */
export class SeriesLibrary {
  private readonly sources = new Map<string, SeriesSource>()
  private readonly read = new Map<string, SeriesDescription>()
  private readonly opened = new Map<string, Promise<SeriesDescription>>()

  /** Replaces the list; series that are still in it stay open. */
  setSources(sources: readonly SeriesSource[]): void {
    const before = new Map(this.sources)
    this.sources.clear()
    for (const source of sources) this.sources.set(source.series_instance_uid, source)
    for (const uid of [...this.opened.keys()]) {
      const now = this.sources.get(uid)
      if (now === undefined || now.version !== before.get(uid)?.version) this.forget(uid)
    }
  }

  has(series_instance_uid: string): boolean {
    return this.sources.has(series_instance_uid)
  }

  private forget(uid: string): void {
    this.opened.delete(uid)
    this.read.delete(uid)
  }

  /** What has been opened already; asks nobody. */
  known(series_instance_uid: string): SeriesDescription | null {
    return this.read.get(series_instance_uid) ?? null
  }

  open(series_instance_uid: string): Promise<SeriesDescription> {
    const known = this.opened.get(series_instance_uid)
    if (known !== undefined) return known
    const source = this.sources.get(series_instance_uid)
    if (source === undefined) {
      return Promise.reject(new PixelError('not_found', 'The series is not part of this case.'))
    }
    const opening = read(source)
    this.opened.set(series_instance_uid, opening)
    // A failure is not remembered: the next try asks again.
    opening.then(
      (series) => {
        if (this.opened.get(series_instance_uid) === opening)
          this.read.set(series_instance_uid, series)
      },
      () => undefined,
    )
    opening.catch(() => this.opened.delete(series_instance_uid))
    return opening
  }
}

async function read(source: SeriesSource): Promise<SeriesDescription> {
  try {
    const { base_url, access } = await source.open()
    setPixelAccess(base_url, access)
    const [metadata, arrangement] = await Promise.all([
      access.read(`${base_url}/metadata`),
      access.read(`${base_url}/stacks`),
    ])
    const instances = (await metadata.json()) as DicomDataset[]
    const { stacks } = (await arrangement.json()) as { stacks: WireStack[] }
    const series = describeSeries(instances, base_url, stacks)
    registerFrames(series)
    return series
  } catch (error) {
    if (error instanceof RangeError) throw new PixelError('no_images', error.message)
    throw toPixelError(error)
  }
}
