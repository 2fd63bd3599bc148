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
    "At once": "À la fois",
    "Cancel": "Annuler",
    "Delivered, 24 h": "Remis, 24 h",
    "Destination and last answer": "Destination et dernière réponse",
    "Fallback": "Repli",
    "First the one that failed|First the {count} that failed": (
        "D’abord celui qui a échoué|D’abord les {count} qui ont échoué"
    ),
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
    "Since {at}, after 1 failure.|Since {at}, after {count} failures in a row.": (
        "Depuis {at}, après 1 échec.|Depuis {at}, après {count} échecs de suite."
    ),
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
    "When it arrives, resume: what failed and what waits leaves, the oldest first.": (
        "Quand il arrive, reprenez : ce qui a échoué et ce qui attend part, le plus ancien d’abord."
    ),
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
    "{failed} failed, {number} wait": "{failed} échoués, {number} en attente",
    "{name} did not take the test. {reason}": "{name} n’a pas pris le test. {reason}",
    "{name} is active": "{name} est active",
    "{name} is active again: what waited is on its way.": "{name} est de nouveau active : ce qui attendait est parti.",
    "{name} is paused: what comes for it waits.": "{name} est en pause : ce qui vient pour elle attend.",
    "{name} took the test.": "{name} a pris le test.",
    "Each with the words it already has, the oldest first.": "Chacun avec ses mots d’alors, les plus anciens d’abord.",
    "Send 1 message to {name} again|Send {count} messages to {name} again": (
        "Renvoyer 1 message à {name}|Renvoyer {count} messages à {name}"
    ),
    "Send again": "Renvoyer",
    "Send again…": "Renvoyer…",
    "What failed is sent again.": "Ce qui a échoué est renvoyé.",
    "{name}: 1 message did not arrive|{name}: {count} messages did not arrive": (
        "{name} : 1 message n’est pas arrivé|{name} : {count} messages ne sont pas arrivés"
    ),
    "{number} delivered": "{number} remis",
    "1 failure|{count} failures in a row": "1 échec|{count} échecs de suite",
    "{number} messages": "{number} messages",
}

_SILENCES = {
    "A silence keeps messages from people for a while. Events are still received, and each suppressed message can be"
    " sent later.": (
        "Un silence écarte des messages pour un temps. Les événements sont toujours reçus, et chaque message écarté"
        " peut"
        " être envoyé plus tard."
    ),
    "Add a silence": "Ajouter un silence",
    "Add the silence": "Ajouter le silence",
    "Add…": "Ajouter…",
    "By": "Par",
    "Each is kept as suppressed, and can be sent later.": (
        "Chacun est gardé comme écarté, et peut être envoyé plus tard."
    ),
    "End a silence": "Terminer un silence",
    "End now": "Terminer maintenant",
    "End now: {what}": "Terminer maintenant : {what}",
    "End the silence now: {what}": "Terminer maintenant le silence : {what}",
    "Ended": "Terminés",
    "Ends": "Fin",
    "End…": "Terminer…",
    "Every message, whatever it is": "Tout message, quel qu’il soit",
    "For": "Pendant",
    "In force": "En vigueur",
    "Keep {what} from people until {at}?": "Écarter {what} jusqu’à {at} ?",
    "Messages of the last 24 hours that were such: {count}.": (
        "Messages de ce genre dans les 24 dernières heures : {count}."
    ),
    "Nothing is silenced.": "Rien n’est réduit au silence.",
    "Suppressed": "Écartés",
    "The silence has ended: messages go out again.": "Le silence est terminé : les messages partent à nouveau.",
    "The silence is on.": "Le silence est en vigueur.",
    "There is no silence {id} in force.": "Il n’y a pas de silence {id} en vigueur.",
    "What comes from now on goes out again. What it kept back stays back until somebody sends it.": (
        "Ce qui vient désormais part à nouveau. Ce qu’il a écarté le reste, jusqu’à ce que quelqu’un l’envoie."
    ),
    "What is wrong": "Ce qui ne va pas",
    "What it silenced": "Ce qu’il a écarté",
    "What it silences": "Ce qu’il écarte",
    "Where (a condition on one line)": "Où (une condition sur une ligne)",
    "about {value}": "à propos de {value}",
    "any": "n’importe",
    "begins at {at}": "commence à {at}",
    "by": "par",
    "ended by {who}": "terminé par {who}",
    "every message": "tout message",
    "from {value}": "venant de {value}",
    "gid {value}": "gid {value}",
    "in the last 30 days": "dans les 30 derniers jours",
    "of the rule “{value}”": "de la règle « {value} »",
    "to {value}": "à {value}",
    "where <code>{value}</code>": "où <code>{value}</code>",
}
_SOURCES = {
    "Answer": "Réponse",
    "At": "À",
    "Refused requests": "Requêtes refusées",
    "Why": "Pourquoi",
    "answer": "réponse",
    "from": "de",
    "since Bridge started, the last {number} of each source; what they carried is not kept": (
        "depuis le démarrage de Bridge, les {number} dernières de chaque source ; leur contenu n’est pas gardé"
    ),
    "source": "source",
    "1 event in 14 days.|{count} events in 14 days.": "1 événement en 14 jours.|{count} événements en 14 jours.",
    "1 secret|{count} secrets, any of them": "1 secret|{count} secrets, n’importe lequel",
    "At the sender, add a webhook with this address and this secret, as JSON.": (
        "Chez l’émetteur, ajoutez un webhook avec cette adresse et ce secret, en JSON."
    ),
    "Choose a long secret and write it, or the variable that holds it, under secrets of {name} in config.yaml.": (
        "Choisissez un long secret et écrivez-le, ou la variable qui le contient, sous secrets de {name} dans"
        " config.yaml."
    ),
    "Give the sender": "Donnez à l’émetteur",
    "How to connect it": "Comment la brancher",
    "In Creads Partners, add a webhook for your organisation with this address and this secret, and choose the"
    " events.": (
        "Dans Creads Partners, ajoutez un webhook à votre organisation avec cette adresse et ce secret, et choisissez"
        " les"
        " événements."
    ),
    "Largest body": "Contenu le plus grand",
    "No event for {lasting}; one is expected at least every {every}. A sender stops after too many errors: look there"
    " whether its webhook is disabled.": (
        "Aucun événement depuis {lasting} ; il en faut un au moins toutes les {every}. Un émetteur s’arrête après trop"
        " d’erreurs : regardez chez lui si son webhook est désactivé."
    ),
    "Nothing came from it yet.": "Rien n’en est encore venu.",
    "Signed with": "Signée avec",
    "Since Bridge started, 1 post had a bad signature and got 401.|Since Bridge started, {count} posts had a bad"
    " signature and got 401. Usually one machine still has another secret.": (
        "Depuis le démarrage de Bridge, 1 requête avait une mauvaise signature et a reçu 401.|Depuis le démarrage de"
        " Bridge, {count} requêtes avaient une mauvaise signature et ont reçu 401. Le plus souvent, une machine a"
        " encore"
        " un autre secret."
    ),
    "The same again": "Le même à nouveau",
    "The sender must reach this machine under https; public_url in config.yaml says how it is called there.": (
        "L’émetteur doit atteindre cette machine en https ; public_url dans config.yaml dit comment elle s’y appelle."
    ),
    "Try it from here: bridge send {name} FILE signs and posts a file as the sender would.": (
        "Essayez d’ici : bridge send {name} FICHIER signe et envoie un fichier comme le ferait l’émetteur."
    ),
    "Who sends events: {number} in config.yaml, {silent} silent, {refused} with bad signatures.": (
        "Qui envoie des événements : {number} dans config.yaml, {silent} muettes, {refused} avec de mauvaises"
        " signatures."
    ),
    "counts once in {lasting}": "compte une fois en {lasting}",
    "events on each of the last 14 days: {days}": "événements de chacun des 14 derniers jours : {days}",
    "every {lasting} or sooner": "toutes les {lasting} au plus",
    "no rhythm set": "aucun rythme fixé",
}

_TRY = {
    "<code>{path}</code> should have been <code>{expected}</code>, it was <code>{found}</code>": (
        "<code>{path}</code> devait avoir été <code>{expected}</code>, il était <code>{found}</code>"
    ),
    "A plain text with a link would go out instead.": "Un texte simple avec un lien partirait à la place.",
    "An event": "Un événement",
    "An event, a rule and a template side by side. Nothing is sent and nothing is saved.": (
        "Un événement, une règle et un modèle côte à côte. Rien n’est envoyé, rien n’est enregistré."
    ),
    "Body as the sender posts it": "Contenu tel que l’émetteur l’envoie",
    "Chat, as Slack gets it": "Messagerie, telle que Slack la reçoit",
    "Difference": "Différence",
    "Event {id}": "Événement {id}",
    "Events replayed: {number}": "Événements rejoués : {number}",
    "Gone": "Disparus",
    "In {number} of them the template fails:": "Pour {number} d’entre eux le modèle échoue :",
    "It does not wait for “{what}”.": "Elle n’attend pas « {what} ».",
    "It fires for “{what}”.": "Elle se déclenche pour « {what} ».",
    "Its state before, as far as it differs": "Son état d’avant, là où il diffère",
    "Its text": "Son texte",
    "Mail": "Courriel",
    "New": "Nouveaux",
    "Nothing would have been told otherwise.": "Rien n’aurait été dit autrement.",
    "Plain text": "Texte simple",
    "Rule and template": "Règle et modèle",
    "Said otherwise": "Dits autrement",
    "Subject": "Objet",
    "Template, its file below templates (empty: none is edited)": (
        "Modèle, son fichier sous templates (vide : aucun n’est modifié)"
    ),
    "The event cannot be used": "L’événement ne peut pas servir",
    "There is no rule in it.": "Il n’y a pas de règle dedans.",
    "Try on the last 7 days of events": "Essayer sur les événements des 7 derniers jours",
    "What {name} would read": "Ce que {name} lirait",
    "What {name} would read if it fired": "Ce que {name} lirait si elle se déclenchait",
    "a message gone": "un message disparu",
    "a new message": "un nouveau message",
    "as in a rule file": "comme dans un fichier de règles",
    "as it is written below": "tel qu’il est écrit ci-dessous",
    "both texts are checked as bridge check does": "les deux textes sont vérifiés comme par bridge check",
    "changes": "change",
    "does not fire": "ne se déclenche pas",
    "fires": "se déclenche",
    "gone": "disparus",
    "new messages": "nouveaux",
    "not tried": "pas essayé",
    "of 7 days, the newest {number} at most": "de 7 jours, les {number} plus récents au plus",
    "pick or paste": "choisir ou coller",
    "said otherwise": "dit autrement",
    "sample: {name}": "exemple : {name}",
    "the same": "pareil",
    "the template fails": "le modèle échoue",
    "told": "dit",
}

PHRASES: dict[str, str] = {**_DESTINATIONS, **_SILENCES, **_SOURCES, **_TRY}
