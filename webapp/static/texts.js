// The texts that scripts show, in the language of the page: the page brings them.
const texts = JSON.parse(document.getElementById("status")?.dataset.texts ?? "{}");
const { lang } = document.documentElement;
// The browser's own region of the page's language, as webapp/storefront/locales.py has it.
const locale = navigator.languages.find((name) => name.split("-")[0] === lang.split("-")[0]) ?? lang;
const plurals = new Intl.PluralRules(lang);

export function text(name, values = {}) {
  return fill(texts[name] ?? name, values);
}

// Returns a text that depends on a number.
export function counted(name, num) {
  const forms = texts[name] ?? {};
  return fill(forms[plurals.select(num)] ?? forms.other ?? name, { num: number(num) });
}

export const number = (value) => value.toLocaleString(locale);

export const percent = (value) => value.toLocaleString(locale, { style: "percent" });

export function money(price, currency) {
  const form = currency ? { style: "currency", currency } : { minimumFractionDigits: 2 };
  return price.toLocaleString(locale, form);
}

const fill = (form, values) => form.replace(/%\((\w+)\)s/g, (blank, name) => values[name] ?? blank);
