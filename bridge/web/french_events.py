"""The words of the pages of events, conditions and deliveries, in French, by their English."""

from __future__ import annotations

_EVENTS = {
    "1 hour": "1 heure",
    "24 hours": "24 heures",
    "7 days": "7 jours",
    "Action": "Action",
    "Clear": "Effacer",
    "Clear the filters": "Effacer les filtres",
    "Events older than {keep} are deleted.": "Les événements de plus de {keep} sont supprimés.",
    "Everything received, newest first. An event that told nobody says why.": (
        "Tout ce qui a été reçu, le plus récent d’abord. Un événement qui n’a prévenu personne dit pourquoi."
    ),
    "Filter": "Filtrer",
    "Filter events": "Filtrer les événements",
    "Looked through the newest {searched}; the older ones are behind “Older”.": (
        "Les {searched} plus récents ont été parcourus ; les autres sont derrière « Plus anciens »."
    ),
    "No event matches": "Aucun événement ne correspond",
    "Rule": "Règle",
    "Search every type": "Chercher dans tous les types",
    "Time": "Depuis",
    "Type": "Type",
    "Type and action": "Type et action",
    "Until": "Jusqu’à",
    "Words in the payload": "Mots du contenu",
    "a title, a name, a gid": "un titre, un nom, un gid",
    "all": "tous",
    "and {number} more": "et {number} autres",
    "sent again {number} ×, counted once": "reçu {number} fois de plus, compté une fois",
    "told nobody": "personne prévenu",
    "unknown": "inconnu",
}
_EVENT = {
    "1 field|{count} fields": "1 champ|{count} champs",
    "A rule from this event": "Une règle à partir de cet événement",
    "A test from this event": "Un test à partir de cet événement",
    "Before:": "Avant :",
    "Body": "Contenu",
    "Copy": "Copier",
    "Event": "Événement",
    "Expected": "Attendu",
    "Field": "Champ",
    "Found": "Trouvé",
    "It did not reach {names}.": "Il n’est pas arrivé à {names}.",
    "It has been deleted.": "Il a été supprimé.",
    "It has no condition.": "Elle n’a pas de condition.",
    "It has no resource.": "Il n’a pas de ressource.",
    "It is gathered for {names}.": "Il est réuni avec d’autres pour {names}.",
    "It is held for {names}.": "Il est retenu pour {names}.",
    "It is longer: the whole is behind “JSON”.": "Il est plus long : le tout est derrière « JSON ».",
    "It is on its way to {names}.": "Il est en route vers {names}.",
    "It reached {names}.": "Il est arrivé à {names}.",
    "It told nobody: something newer was already known of this resource.": (
        "Il n’a prévenu personne : un état plus récent de cette ressource était déjà connu."
    ),
    "It was kept from {names}.": "Il a été écarté pour {names}.",
    "Make a rule or a test": "En faire une règle ou un test",
    "Next try at {at}": "Prochain essai à {at}",
    "No rule waits for “{what}”: nobody was told.": "Aucune règle n’attend « {what} » : personne n’a été prévenu.",
    "None of its {number} rules fired: nobody was told.": (
        "Aucune de ses {number} règles ne s’est déclenchée : personne n’a été prévenu."
    ),
    "Not matched yet.": "Pas encore lu par les règles.",
    "Nothing differs from what was known.": "Rien ne diffère de ce qui était connu.",
    "Nothing was known of it before.": "Rien n’en était connu avant.",
    "Payload": "Contenu",
    "Result": "Résultat",
    "Rule in YAML": "Règle en YAML",
    "Rules that wait for other events: {number}": "Règles qui attendent d’autres événements : {number}",
    "Same gid": "Même gid",
    "Sent again": "Reçu encore",
    "Size": "Taille",
    "Test in YAML": "Test en YAML",
    "The body as it was received, secrets masked": "Le contenu tel que reçu, secrets masqués",
    "The mail to {name}": "Le message à {name}",
    "Only the rules that fired are shown: the others could be asked again only with the payload.": (
        "Seules les règles déclenchées sont affichées : les autres ne pourraient être réévaluées qu’avec le contenu."
    ),
    "It is no longer kept: payloads are deleted after a while, as `keep` in the configuration says.": (
        "Il n’est plus conservé : les contenus sont supprimés après un certain temps, selon `keep` dans la"
        " configuration."
    ),
    "The rules of that time are no longer known: only those that fired are shown.": (
        "Les règles de ce moment ne sont plus connues : seules celles qui se sont déclenchées sont montrées."
    ),
    "There is no event {id}. It never existed, or it was older than {keep} and has been deleted.": (
        "Il n’y a pas d’événement {id}. Il n’a jamais existé, ou il avait plus de {keep} et a été supprimé."
    ),
    "Try it": "L’essayer",
    "What changed": "Ce qui a changé",
    "Why: the rules that wait for “{what}”": "Pourquoi : les règles qui attendent « {what} »",
    "by “{rule}”": "par « {rule} »",
    "click a field to copy its path": "cliquez un champ pour copier son chemin",
    "did not fire": "non déclenchée",
    "did not fire: it is switched off": "non déclenchée : elle est désactivée",
    "did not fire: {reason}": "non déclenchée : {reason}",
    "did not fire: {why}": "non déclenchée : {why}",
    "expected": "attendu",
    "fails": "fausse",
    "fired": "déclenchée",
    "fired, for {names}": "déclenchée, pour {names}",
    "found": "trouvé",
    "holds": "vraie",
    "asked to wait {time}": "a demandé d’attendre {time}",
    "it may have arrived all the same": "il est peut-être arrivé quand même",
    "its events": "ses événements",
    "list of {number}": "liste de {number}",
    "missing": "absent",
    "no": "non",
    "show the mail": "voir le message",
    "signature good": "signature correcte",
    "was {value}": "était {value}",
    "{fired} of {number} rules fired.": "{fired} règles sur {number} se sont déclenchées.",
    "{name} took it.": "{name} l’a pris.",
    "{number} bytes": "{number} octets",
    "{number} earlier attempts": "{number} essais plus anciens",
    "{number} more did not fire.": "{number} autres ne se sont pas déclenchées.",
    "{number} ×, counted once": "{number} ×, compté une fois",
}
_CONDITIONS = {
    "<code>{path}</code> did not change": "<code>{path}</code> n’a pas changé",
    "<code>{path}</code> is missing here": "<code>{path}</code> est absent ici",
    "<code>{path}</code> is missing here, so its test is unknown": (
        "<code>{path}</code> est absent ici : le test reste sans réponse"
    ),
    "<code>{path}</code> should be <code>{wanted}</code>, it is <code>{found}</code>": (
        "<code>{path}</code> devait être <code>{wanted}</code>, il est <code>{found}</code>"
    ),
    "<code>{path}</code> should become <code>{expected}</code>, it became <code>{found}</code>": (
        "<code>{path}</code> devait devenir <code>{expected}</code>, il est devenu <code>{found}</code>"
    ),
    "becomes {value}": "devient {value}",
    "begins with {value}": "commence par {value}",
    "changed": "changé",
    "contains {value}": "contient {value}",
    "ends with {value}": "finit par {value}",
    "matches {value}": "correspond à {value}",
    "none of {value}": "aucun de {value}",
    "not: {words}": "non : {words}",
    "one of {value}": "un de {value}",
    "the test of <code>{path}</code> is unknown: {reason}": (
        "le test de <code>{path}</code> reste sans réponse : {reason}"
    ),
    "there": "présent",
    "true": "vrai",
    "unchanged": "inchangé",
}
_DELIVERIES = {
    "1 message of the last 7 days, by destination and cause.|{count} messages of the last 7 days, by destination"
    " and cause.": (
        "1 message des 7 derniers jours, par destination et cause.|{count} messages des 7 derniers jours,"
        " par destination et cause."
    ),
    "All that failed": "Tous les échecs",
    "All that is held": "Tous les retenus",
    "Bridge’s own news": "Nouvelles de Bridge",
    "Filter deliveries": "Filtrer les envois",
    "Message": "Message",
    "No delivery matches": "Aucun envoi ne correspond",
    "Nothing failed and nothing is held": "Rien n’a échoué et rien n’est retenu",
    "See the destination": "Voir la destination",
    "Tries": "Essais",
    "What arrived is under": "Ce qui est arrivé est sous",
    "When it resumes, what failed can leave first, then what is held in its order.": (
        "À la reprise, ce qui a échoué peut partir d’abord, puis ce qui est retenu dans son ordre."
    ),
    "When it resumes, what is held leaves in its order.": "À la reprise, ce qui est retenu part dans son ordre.",
    "Words in title or body": "Mots du titre ou du texte",
    "destination": "destination",
    "not in the configuration": "absente de la configuration",
    "paused since {at}": "en pause depuis {at}",
    "rule": "règle",
    "since {at}": "depuis {at}",
    "tries": "essais",
    "{number} failed": "{number} échoués",
    "{number} held": "{number} retenus",
    "{shown} of {number}": "{shown} sur {number}",
}

PHRASES: dict[str, str] = {
    **_EVENTS,
    **_EVENT,
    **_CONDITIONS,
    **_DELIVERIES,
}
