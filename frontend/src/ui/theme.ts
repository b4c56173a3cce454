import { createTheme, type MantineColorsTuple } from '@mantine/core'

import { i18next } from '@/locales/i18n'

/** Neutral greys: no hue, so that the images own the contrast. */
const dark: MantineColorsTuple = [
  '#e8e9ea',
  '#c6c8ca',
  '#a0a3a7',
  '#73767b',
  '#3d4045',
  '#2f3236',
  '#232528',
  '#17181a',
  '#101112',
  '#0a0a0b',
]

const gray: MantineColorsTuple = [
  '#f7f7f8',
  '#eff0f1',
  '#e4e5e7',
  '#d5d7da',
  '#bcbfc3',
  '#8f9398',
  '#63676d',
  '#4a4d52',
  '#303236',
  '#1d1e21',
]

/** The one colour for action. */
const accent: MantineColorsTuple = [
  '#e6f4fd',
  '#cde7fa',
  '#9acdf4',
  '#64b2ee',
  '#3a9ce6',
  '#2388d6',
  '#1473bd',
  '#0c5d9b',
  '#084a7d',
  '#053659',
]

/** Meaning: something a machine said. */
const ai: MantineColorsTuple = [
  '#f5efff',
  '#e8dcff',
  '#d2baff',
  '#bc97ff',
  '#a97aff',
  '#985fff',
  '#8547ec',
  '#6d35c9',
  '#5628a1',
  '#3d1a77',
]

/** Meaning: urgent, refused, failed. */
const urgent: MantineColorsTuple = [
  '#ffecea',
  '#ffd4d0',
  '#ffaba4',
  '#ff8178',
  '#fa5f55',
  '#e8463c',
  '#cf342b',
  '#ab261f',
  '#871b16',
  '#62120e',
]

/** Meaning: look before you go on. */
const warning: MantineColorsTuple = [
  '#fff5e0',
  '#ffe8bd',
  '#ffd383',
  '#fbbd4a',
  '#f0a821',
  '#d8910b',
  '#b27404',
  '#8d5a00',
  '#6c4400',
  '#4b2f00',
]

/** Meaning: done, present, agreed. */
const ok: MantineColorsTuple = [
  '#e4f8ee',
  '#c5efd9',
  '#93dfb8',
  '#5dcc94',
  '#36b877',
  '#1f9f62',
  '#13824e',
  '#0c673d',
  '#084f2e',
  '#05381f',
]

export const theme = createTheme({
  colors: { dark, gray, accent, ai, urgent, warning, ok },
  primaryColor: 'accent',
  primaryShade: 6,
  autoContrast: true,
  luminanceThreshold: 0.32,
  fontFamily: "'Inter Variable', system-ui, -apple-system, 'Segoe UI', sans-serif",
  fontFamilyMonospace: "ui-monospace, 'SF Mono', 'Cascadia Mono', 'DejaVu Sans Mono', monospace",
  fontSizes: { xs: '0.75rem', sm: '0.8125rem', md: '0.875rem', lg: '1rem', xl: '1.25rem' },
  spacing: { xs: '0.5rem', sm: '0.75rem', md: '1rem', lg: '1.5rem', xl: '2rem' },
  radius: { xs: '2px', sm: '4px', md: '6px', lg: '8px', xl: '12px' },
  defaultRadius: 'sm',
  cursorType: 'pointer',
  focusRing: 'auto',
  respectReducedMotion: true,
  headings: {
    fontWeight: '600',
    sizes: {
      h1: { fontSize: '1.375rem', lineHeight: '1.3' },
      h2: { fontSize: '1rem', lineHeight: '1.4' },
      h3: { fontSize: '0.875rem', lineHeight: '1.4' },
    },
  },
  components: {
    Button: { defaultProps: { size: 'sm' } },
    TextInput: { defaultProps: { size: 'sm' } },
    Select: { defaultProps: { size: 'sm', checkIconPosition: 'right', comboboxProps: { transitionProps: { duration: 80 } } } },
    // Two arrows in one field are too small to hit; typing and the arrow keys do the same.
    NumberInput: { defaultProps: { hideControls: true } },
    // With its words a check box is a target of 24 px.
    Checkbox: { styles: { label: { paddingBlock: 2 } } },
    Textarea: { defaultProps: { size: 'sm', autosize: true, minRows: 2 } },
    Tooltip: { defaultProps: { openDelay: 350, withArrow: false, transitionProps: { duration: 80 } } },
    Modal: { defaultProps: { closeButtonProps: { 'aria-label': i18next.t('action.close') }, centered: true, transitionProps: { duration: 120 }, overlayProps: { backgroundOpacity: 0.6 } } },
    Notification: { defaultProps: { closeButtonProps: { 'aria-label': i18next.t('action.close') } } },
    // A place holder among the items is no item of a menu; the first item takes the focus.
    Menu: { defaultProps: { transitionProps: { duration: 80 }, withInitialFocusPlaceholder: false } },
    Popover: { defaultProps: { transitionProps: { duration: 80 } } },
  },
})
