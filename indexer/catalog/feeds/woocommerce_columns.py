"""What WooCommerce calls the columns of its product CSV in other languages: it exports in that of the shop's admin.

As exports have them; translations change over the years, so older ones stand beside newer ones. To read another
language, add its names here.
"""

from __future__ import annotations

import re
from functools import lru_cache

# By the English name, in lower case: German, French, Spanish, Italian, Dutch. Columns that aren't read are left out.
_TRANSLATIONS: dict[str, tuple[str, ...]] = {
    "type": ("typ", "tipo"),
    "sku": ("artikelnummer", "art.-nr.", "ugs", "cod"),
    "name": ("nom", "nombre", "nome", "naam"),
    "published": ("veröffentlicht", "publié", "publicado", "pubblicato", "gepubliceerd"),
    "visibility in catalog": (
        "sichtbarkeit im katalog",
        "visibilité dans le catalogue",
        "visibilidad en el catálogo",
        "visibilità nel catalogo",
        "zichtbaarheid in catalogus",
    ),
    "short description": (
        "kurzbeschreibung",
        "description courte",
        "descripción corta",
        "breve descrizione",
        "korte beschrijving",
        "korte omschrijving",
    ),
    "description": ("beschreibung", "descripción", "descrizione", "beschrijving"),
    "date sale price starts": (
        "datum, an dem angebotspreis beginnt",
        "datum, an dem der angebotspreis beginnt",
        "date de début de promo",
        "día en que empieza el precio rebajado",
        "data di partenza del prezzo in saldo",
        "startdatum actieprijs",
    ),
    "date sale price ends": (
        "datum, an dem angebotspreis endet",
        "datum, an dem der angebotspreis endet",
        "date de fin de promo",
        "día en que termina el precio rebajado",
        "termine data del prezzo di vendita",
        "data in cui termina l'offerta",
        "einddatum actieprijs",
    ),
    "in stock?": (
        "vorrätig?",
        "auf lager?",
        "en stock ?",
        "en inventaire?",
        "¿existencias?",
        "¿en inventario?",
        "op voorraad?",
    ),
    "sale price": ("angebotspreis", "tarif promo", "precio rebajado", "prezzo in offerta", "actieprijs"),
    "regular price": (
        "regulärer preis",
        "tarif régulier",
        "precio normal",
        "precio regular",
        "prezzo di listino",
        "reguliere prijs",
    ),
    "categories": ("kategorien", "catégories", "categorías", "categorie", "categorieën"),
    "tags": ("schlagwörter", "étiquettes", "etiquetas", "tag", "etichette"),
    "images": ("bilder", "imágenes", "immagine", "immagini", "afbeeldingen"),
    "parent": ("übergeordnetes produkt", "superior", "principal", "genitore", "hoofd"),
    "brands": ("marken", "marcas", "marchi", "merken"),
    "attribute {n} name": (
        "attribut {n} name",
        "nom de l'attribut {n}",
        "nombre del atributo {n}",
        "attributo {n} nome",
        "nome dell'attributo {n}",
        "naam eigenschap {n}",
    ),
    "attribute {n} value(s)": (
        "attribut {n} wert(e)",
        "valeur(s) de l'attribut {n}",
        "valor(es) del atributo {n}",
        "attributo {n} valuta(e)",
        "attributo {n} valore(i)",
        "valore dell'attributo {n}",
        "waarde eigenschap {n}",
    ),
}
_ENGLISH = {translation: name for name, translations in _TRANSLATIONS.items() for translation in translations}


@lru_cache(maxsize=1_024)
def english(column: str) -> str:
    """Return a column's name in English, in lower case; of one without translation, its own."""
    name = " ".join(column.lower().replace("\N{RIGHT SINGLE QUOTATION MARK}", "'").split())  # French has narrow spaces
    number = re.search(r"\d+", name)
    if number and (known := _ENGLISH.get(name.replace(number[0], "{n}", 1))):
        return known.replace("{n}", number[0])
    return _ENGLISH.get(name, name)
