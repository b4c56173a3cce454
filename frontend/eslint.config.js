import js from '@eslint/js'
import i18next from 'eslint-plugin-i18next'
import reactHooks from 'eslint-plugin-react-hooks'
import globals from 'globals'
import tseslint from 'typescript-eslint'

/**
 * The floors of the frontend, lowest first. A floor may import from itself and
 * from the floors named beside it, never from one above.
 */
const floors = {
  geometry: [],
  protocol: ['geometry'],
  viewer: ['geometry', 'protocol'],
  locales: [],
  api: ['geometry', 'protocol'],
  ui: ['geometry', 'protocol', 'viewer', 'locales', 'api'],
  features: ['geometry', 'protocol', 'viewer', 'locales', 'api', 'ui'],
}
const allFloors = [...Object.keys(floors), 'app']

/** One config entry per floor, forbidding every import that would climb. */
const floorRules = Object.entries(floors).map(([floor, below]) => {
  const forbidden = allFloors.filter((other) => other !== floor && !below.includes(other))
  return {
    files: [`src/${floor}/**/*.{ts,tsx}`],
    ignores: ['**/*.test.{ts,tsx}'],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          patterns: [
            {
              regex: `^(@/|(\\.\\./)+)(${forbidden.join('|')})(/|$)`,
              message: `Floor "${floor}" may import only: ${[floor, ...below].join(', ')}. Push the need down as a prop, a value or a registration.`,
            },
            ...(floor === 'viewer' || floor === 'features'
              ? []
              : [{ regex: '^@cornerstonejs/', message: 'Every Cornerstone call lives behind src/viewer.' }]),
          ],
        },
      ],
    },
  }
})

export default tseslint.config(
  { ignores: ['dist', 'node_modules', 'src/protocol/generated.ts', 'src/api/schema.ts'] },
  js.configs.recommended,
  ...tseslint.configs.strict,
  {
    languageOptions: { ecmaVersion: 2023, globals: { ...globals.browser } },
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    plugins: { 'react-hooks': reactHooks },
    rules: {
      ...reactHooks.configs.recommended.rules,
      eqeqeq: ['error', 'always'],
      'no-console': 'error',
      'max-lines': ['error', { max: 400, skipBlankLines: true, skipComments: true }],
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      'no-restricted-syntax': [
        'error',
        {
          selector: "JSXAttribute[name.name='dangerouslySetInnerHTML']",
          message: 'Never inject HTML: everything on screen is hostile until escaped.',
        },
      ],
    },
  },
  {
    files: ['src/**/*.tsx'],
    ignores: ['**/*.test.tsx'],
    plugins: { i18next },
    rules: {
      // Words on screen live in src/locales.
      'i18next/no-literal-string': [
        'error',
        {
          mode: 'jsx-only',
          'jsx-attributes': {
            include: ['^aria-label$', '^label$', '^title$', '^placeholder$', '^description$', '^alt$', '^message$'],
          },
          words: { exclude: ['^[^A-Za-zÀ-ž]*$'] },
          // Codes go through these; what comes back is a catalogue's word.
          callees: { exclude: ['t', 'wordFor', 'getInputProps', 'field', 'includes', 'startsWith', 'toLocaleDateString'] },
          'should-validate-template': true,
        },
      ],
    },
  },
  ...floorRules,
  { files: ['*.{js,ts}'], languageOptions: { globals: { ...globals.node } } },
)
