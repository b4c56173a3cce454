import { create } from 'zustand'
import { persist } from 'zustand/middleware'

export type Density = 'comfortable' | 'compact'

interface Preferences {
  density: Density
  railFolded: boolean
  /** For a projector: large text, large pointer, thick strokes. */
  presentation: boolean
  setDensity: (density: Density) => void
  setRailFolded: (folded: boolean) => void
  setPresentation: (presentation: boolean) => void
}

/** How this person likes this browser to look. Nothing about patients is ever kept here. */
export const usePreferences = create<Preferences>()(
  persist(
    (set) => ({
      density: 'comfortable',
      railFolded: false,
      presentation: false,
      setDensity: (density) => set({ density }),
      setRailFolded: (railFolded) => set({ railFolded }),
      setPresentation: (presentation) => set({ presentation }),
    }),
    { name: 'consilium.preferences' },
  ),
)
