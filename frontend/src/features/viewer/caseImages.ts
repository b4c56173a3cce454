import { http } from '@/api/http'
import { asProblem } from '@/api/problem'
import type { Series, Study } from '@/api/types'
import { PixelError } from '@/viewer/errors'
import { PixelAccess, type PixelTicket } from '@/viewer/pixelAccess'
import { SeriesLibrary, type SeriesSource } from '@/viewer/seriesLibrary'

interface TicketAnswer extends PixelTicket {
  series: { series_instance_uid: string; base_url: string }[]
}

/** Pixels of one study of a case: its ticket, and where each of its series is served. */
export class StudyPixels {
  readonly access: PixelAccess
  private readonly bases = new Map<string, string>()
  private first: Promise<unknown> | null = null
  private readonly url: string

  constructor(case_id: string, study_instance_uid: string) {
    this.url = `/api/cases/${case_id}/studies/${study_instance_uid}/ticket`
    this.access = new PixelAccess(() => this.requestTicket())
  }

  private async requestTicket(): Promise<PixelTicket> {
    try {
      const answer = await http.post<TicketAnswer>(this.url)
      for (const { series_instance_uid, base_url } of answer.series) {
        this.bases.set(series_instance_uid, base_url)
      }
      return answer
    } catch (error) {
      throw asPixelError(error)
    }
  }

  /** Path of a series below `/pixels`; asks for the first ticket when there is none yet. */
  async baseOf(series_instance_uid: string): Promise<string> {
    if (!this.bases.has(series_instance_uid)) {
      this.first ??= this.access.prepare().finally(() => {
        this.first = null
      })
      await this.first
    }
    const base = this.bases.get(series_instance_uid)
    if (base === undefined) throw new PixelError('not_found', 'The series is not served.')
    return base
  }
}

function asPixelError(error: unknown): PixelError {
  const problem = asProblem(error)
  const id = problem.requestId ?? ''
  if (problem.code === 'offline') return new PixelError('offline', problem.title, id)
  if (problem.status === 401 || problem.status === 403) {
    return new PixelError('access_ended', problem.title, id)
  }
  if (problem.status === 404) return new PixelError('not_found', problem.title, id)
  return new PixelError('server', problem.title, id)
}

/** Kinds of series that are pictures; the others are shown as overlays, or not at all. */
const NOT_PICTURES = new Set(['SEG', 'SR', 'RTSTRUCT', 'RTPLAN', 'PR', 'KO', 'REG', 'DOC', 'ECG'])

/** A de-identified viewer is told of it and gets nothing of it. */
export const isWithheld = (series: Series): boolean =>
  series.disclosure === 'withheld' && series.base_url === ''

/** Once read, a series is a picture by its frames; until then by what the PACS says it holds. */
export const isPicture = (series: Series): boolean => {
  if (isWithheld(series)) return false
  const isRead = series.archive_key !== '' || series.is_evicted
  const count = isRead ? series.frame_count : series.instance_count
  return !NOT_PICTURES.has(series.modality) && count > 0
}

/** All studies are here, and hold other things than images: reports, key images, segmentations. */
export const hasNoPictures = (studies: readonly Study[]): boolean =>
  studies.length > 0 &&
  studies.every((study) => study.state === 'ready' && !study.series.some(isPicture))

export const pictureSeries = (study: Study): Series[] => study.series.filter(isPicture)

/** Keeps one `StudyPixels` per study while the case is open. */
export class CasePixels {
  private readonly studies = new Map<string, StudyPixels>()
  private readonly case_id: string

  constructor(case_id: string) {
    this.case_id = case_id
  }

  of(study_instance_uid: string): StudyPixels {
    const known = this.studies.get(study_instance_uid)
    if (known !== undefined) return known
    const made = new StudyPixels(this.case_id, study_instance_uid)
    this.studies.set(study_instance_uid, made)
    return made
  }

  sourcesOf(studies: readonly Study[]): SeriesSource[] {
    return studies
      .filter((study) => study.state === 'ready')
      .flatMap((study) =>
        pictureSeries(study).map((series) => ({
          study_instance_uid: study.study_instance_uid,
          series_instance_uid: series.series_instance_uid,
          version: series.archive_key,
          open: async () => {
            const pixels = this.of(study.study_instance_uid)
            const base_url = await pixels.baseOf(series.series_instance_uid)
            return { base_url, access: pixels.access }
          },
        })),
      )
  }
}

/** What a screen keeps of a case's images: the tickets, and the series that were opened. */
export class CaseImages {
  readonly library = new SeriesLibrary()
  readonly pixels: CasePixels

  constructor(case_id: string) {
    this.pixels = new CasePixels(case_id)
  }

  setStudies(studies: readonly Study[]): void {
    this.library.setSources(this.pixels.sourcesOf(studies))
  }
}
