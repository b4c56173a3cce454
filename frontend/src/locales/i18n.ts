import i18next from 'i18next'
import { initReactI18next } from 'react-i18next'

const catalogues = import.meta.glob<Record<string, unknown>>('./en/*.json', { eager: true, import: 'default' })

/** One namespace per file: `en/worklist.json` is namespace `worklist`. */
const english = Object.fromEntries(
  Object.entries(catalogues).map(([path, words]) => [path.replace('./en/', '').replace('.json', ''), words]),
)

void i18next.use(initReactI18next).init({
  lng: 'en',
  fallbackLng: 'en',
  defaultNS: 'common',
  ns: Object.keys(english),
  resources: { en: english },
  interpolation: { escapeValue: false },
  returnNull: false,
  initAsync: false,
  showSupportNotice: false,
} as Parameters<typeof i18next.init>[0])

export { i18next }
