"""The words of the pages that change something, in French, by their English."""

from __future__ import annotations

_DESTINATIONS = {
    "1 failed and can be sent again.|{count} failed and can be sent again.": (
        "1 a échoué et peut être renvoyé.|{count} ont échoué et peuvent être renvoyés."
    ),
    "1 message waits in its queue.|{count} messages wait in their order.": (
        "1 message attend dans sa file.|{count} messages attendent dans leur ordre."
    ),
    "Actions": "Actions",
    "Added and changed in config.yaml": "Ajoutées et modifiées dans config.yaml",
    "Address": "Adresse",
    "Also the 1 that failed: it is sent again|Also the {count} that failed: they are sent again": (
        "Aussi le seul qui a échoué : il est renvoyé|Aussi les {count} qui ont échoué : ils sont renvoyés"
    ),
    "At once": "À la fois",
    "Cancel": "Annuler",
    "Delivered, 24 h": "Remis, 24 h",
    "Destination and last answer": "Destination et dernière réponse",
    "Fallback": "Repli",
    "Groups:": "Groupes :",
    "Median, slowest 1 %": "Médiane, 1 % le plus lent",
    "Mend it where it is broken: at the service, or its address in {place}. A changed file is taken at once, a changed"
    " environment variable at the next start.": (
        "Réparez là où c’est cassé : chez le service, ou son adresse dans {place}. Un fichier modifié est pris tout de"
        " suite, une variable d’environnement au prochain démarrage."
    ),
    "No destination is called “{name}”.": "Aucune destination ne s’appelle « {name} ».",
    "Not delivered in 24 hours: {failed} failed, {held} held": (
        "Non remis en 24 heures : {failed} échoués, {held} retenus"
    ),
    "Not delivered, 24 h": "Non remis, 24 h",
    "Nothing is tried until somebody resumes it.": "Rien n’est essayé avant que quelqu’un ne la reprenne.",
    "Nothing was sent there yet.": "Rien n’y a encore été envoyé.",
    "Pause": "Mettre en pause",
    "Pause {name}": "Mettre {name} en pause",
    "Pauses after": "Pause après",
    "Pause…": "Mettre en pause…",
    "Rate": "Débit",
    "Resume and send": "Reprendre et envoyer",
    "Resume {name}: {number} wait": "Reprendre {name} : {number} attendent",
    "Resume…": "Reprendre…",
    "Retry": "Nouveaux essais",
    "See all that did not arrive": "Voir tout ce qui n’est pas arrivé",
    "See them": "Les voir",
    "Send a test": "Envoyer un test",
    "Send a test to {name}": "Envoyer un test à {name}",
    "Send a test.": "Envoyez un test.",
    "Send a test: it goes out although the destination is paused.": (
        "Envoyez un test : il part bien que la destination soit en pause."
    ),
    "Settings in force": "Réglages en vigueur",
    "Since": "Depuis",
    "Since {at}, after {number} failures in a row.": "Depuis {at}, après {number} échecs de suite.",
    "Since {at}, by {who}.": "Depuis {at}, par {who}.",
    "Slowest 1 %": "1 % le plus lent",
    "Taken at {at}.": "Pris à {at}.",
    "Test": "Test",
    "They leave in their order.": "Ils partent dans leur ordre.",
    "They leave in their order. When {name} refuses {number} in a row, it is paused again and the others go on"
    " waiting.": (
        "Ils partent dans leur ordre. Si {name} en refuse {number} de suite, elle est remise en pause et les autres"
        " continuent d’attendre."
    ),
    "This form says nothing to do.": "Ce formulaire ne demande rien.",
    "Used by": "Utilisée par",
    "What comes for it waits, nothing is lost, and nothing is tried until somebody resumes it.": (
        "Ce qui vient pour elle attend, rien n’est perdu, et rien n’est essayé avant que quelqu’un ne la reprenne."
    ),
    "What it answered: the last {number}": "Ce qu’elle a répondu : les {number} dernières fois",
    "When it arrives, resume: what waits leaves in its order.": (
        "Quand il arrive, reprenez : ce qui attend part dans son ordre."
    ),
    "When it arrives, send again what failed.": "Quand il arrive, renvoyez ce qui a échoué.",
    "Where messages go: {number} in config.yaml, {paused} paused, {failing} with failures. A paused destination keeps"
    " its queue.": (
        "Où vont les messages : {number} dans config.yaml, {paused} en pause, {failing} en échec. Une destination en"
        " pause garde sa file."
    ),
    "Why (others will read it)": "Pourquoi (d’autres le liront)",
    "as usual": "comme d’habitude",
    "last tried {at}": "dernier essai à {at}",
    "next probe {at}": "prochain essai à {at}",
    "no limit": "sans limite",
    "no rule": "aucune règle",
    "not delivered, per hour": "non remis, par heure",
    "oldest first, the order they leave in": "les plus anciens d’abord, dans l’ordre du départ",
    "rate": "débit",
    "slowest": "le plus lent",
    "{name} did not take the test. {reason}": "{name} n’a pas pris le test. {reason}",
    "{name} is active": "{name} est active",
    "{name} is active again: what waited is on its way.": "{name} est de nouveau active : ce qui attendait est parti.",
    "{name} is paused: what comes for it waits.": "{name} est en pause : ce qui vient pour elle attend.",
    "{name} took the test.": "{name} a pris le test.",
    "{name}: {number} not delivered in 24 h": "{name} : {number} non remis en 24 h",
    "{number} delivered": "{number} remis",
    "{number} failures in a row": "{number} échecs de suite",
    "{number} messages": "{number} messages",
}

PHRASES: dict[str, str] = {**_DESTINATIONS}
