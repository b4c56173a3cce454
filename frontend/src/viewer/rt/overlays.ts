import type { RegistrationLink, Vec3 } from '@/geometry'

import { bridgeTo, pointOnto } from '../elsewhere'
import { Signal } from '../signal'
import { samplePlane, type Volume } from '../volume/sampling'
import { largestContour, type Contour } from './contours'

/** One structure to draw. */
export interface RegionOverlay {
  readonly id: string
  readonly name: string
  readonly colour: string
  readonly frame_of_reference_uid: string
  readonly contours: readonly Contour[]
  /** What they enclose, as the server computed it; null where they enclose nothing. */
  readonly volume_ml: number | null
}

/** Grays on their own lattice. */
export interface DoseOverlay {
  readonly id: string
  readonly frame_of_reference_uid: string
  readonly volume: Volume
  readonly maximum_gy: number
}

export interface RtLook {
  readonly isFilled: boolean
  /** Of structures' fillings and of the wash, 0 to 1. */
  readonly opacity: number
  /** The wash begins here. */
  readonly lower_gy: number
  /** Isodose lines. */
  readonly levels_gy: readonly number[]
  /** What 100 % is, where levels are told in per cent; null: they are told in Gy. */
  readonly reference_gy: number | null
  /** The word before the dose under the pointer. */
  readonly word: string
}

const FIRST_LOOK: RtLook = {
  isFilled: false,
  opacity: 0.35,
  lower_gy: 0,
  levels_gy: [],
  reference_gy: null,
  word: '',
}

/** Structures and dose laid over the pictures; state in, drawn by `RtLayer`. */
export class RtOverlays {
  readonly changed = new Signal()
  private readonly loaded = new Map<string, RegionOverlay>()
  private readonly doses = new Map<string, DoseOverlay>()
  private shownIds: readonly string[] = []
  private currentLook: RtLook = FIRST_LOOK

  get look(): RtLook {
    return this.currentLook
  }

  /** Names of what is asked for, whether it has arrived or not; the stage carries them. */
  get names(): readonly string[] {
    return this.shownIds
  }

  get regions(): readonly RegionOverlay[] {
    return this.shownIds.flatMap((id) => this.loaded.get(id) ?? [])
  }

  /** One at a time: two washes over each other could not be read. */
  get dose(): DoseOverlay | null {
    return this.shownIds.map((id) => this.doses.get(id)).find((one) => one !== undefined) ?? null
  }

  has(id: string): boolean {
    return this.loaded.has(id) || this.doses.has(id)
  }

  addRegion(region: RegionOverlay): void {
    this.loaded.set(region.id, region)
    this.changed.emit()
  }

  addDose(dose: DoseOverlay): void {
    this.doses.set(dose.id, dose)
    this.changed.emit()
  }

  show(ids: readonly string[]): void {
    this.shownIds = ids
    this.changed.emit()
  }

  setLook(look: RtLook): void {
    this.currentLook = look
    this.changed.emit()
  }

  clear(): void {
    this.loaded.clear()
    this.doses.clear()
    this.show([])
  }

  volumeOf(id: string): number | null {
    return this.loaded.get(id)?.volume_ml ?? null
  }

  /** The middle of the largest contour, where a structure is seen best. */
  placeOf(id: string): { point_lps: Vec3; frame_of_reference_uid: string } | null {
    const region = this.loaded.get(id)
    const found = region && largestContour(region.contours)
    if (!region || !found) return null
    return { point_lps: found.middle_lps, frame_of_reference_uid: region.frame_of_reference_uid }
  }

  /**
   * Gy at a point of a frame of reference, also of one that a registration links with the dose's;
   * null where the shown dose says nothing of it.
   */
  doseAt(
    point_lps: Vec3,
    frame_of_reference_uid: string | null,
    registrations: readonly RegistrationLink[] = [],
  ): number | null {
    const { dose } = this
    const bridge =
      dose && bridgeTo(registrations, frame_of_reference_uid, dose.frame_of_reference_uid)
    if (dose === null || bridge === null) return null
    const [value = NaN] = samplePlane(dose.volume, {
      origin_lps: pointOnto(bridge, point_lps),
      column_step: [1, 0, 0],
      row_step: [0, 1, 0],
      normal: [0, 0, 1],
      column_spacing_mm: 1,
      row_spacing_mm: 1,
      columns: 1,
      rows: 1,
    })
    return Number.isNaN(value) ? null : value
  }
}
