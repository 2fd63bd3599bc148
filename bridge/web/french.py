"""The console's words in French, by their English; spaces before `:` and inside « » do not break."""

from __future__ import annotations

_FRAME = {
    "About": "À propos",
    "Close": "Fermer",
    "Copied": "Copié :",
    "Deliveries": "Envois",
    "Destinations": "Destinations",
    "Events": "Événements",
    "Events are still received and messages still sent. The log says more at this number:": (
        "Les événements sont toujours reçus et les messages envoyés. Le journal en dit plus sous ce numéro :"
    ),
    "Keys": "Touches",
    "Light or dark": "Clair ou sombre",
    "Newest": "Les plus récents",
    "Now": "État",
    "Older": "Plus anciens",
    "Pages": "Pages",
    "Rules": "Règles",
    "Search": "Chercher",
    "Search events": "Chercher un événement",
    "Silences": "Silences",
    "Skip to the page": "Aller à la page",
    "Sources": "Sources",
    "The browser refused to copy": "Le navigateur a refusé de copier",
    "The store cannot be used now.": "La base de données est indisponible pour l’instant.",
    "There is no such page.": "Cette page n’existe pas.",
    "This form is no longer valid. Go back, load the page again, and repeat.": (
        "Ce formulaire n’est plus valable. Revenez en arrière, rechargez la page, et recommencez."
    ),
    "Your role is `view`: you may look, and change nothing.": (
        "Votre rôle est `view` : vous pouvez regarder, sans rien changer."
    ),
    "This page broke, Bridge did not": "Cette page a échoué, Bridge continue",
    "Try": "Essai",
    "Try again": "Réessayer",
    "close": "fermer",
    "files refused": "fichiers refusés",
    "keys": "touches",
    "new": "de plus",
    "next and previous row": "ligne suivante et précédente",
    "not delivered": "non remis",
    "open it": "l’ouvrir",
    "paused": "en pause",
    "search": "chercher",
    "select it": "la choisir",
    "silent": "muettes",
    "times in {zone}": "heures de {zone}",
    "{lasting} ago": "il y a {lasting}",
    "d": "j",
    "h": "h",
    "min": "min",
    "s": "s",
}
_STATES = {
    "active": "active",
    "delivered": "remis",
    "failed": "échoué",
    "failing": "en échec",
    "heard": "entendue",
    "held": "retenu",
    "in a digest": "dans un résumé",
    "never heard": "jamais entendue",
    "no rule fired": "aucune règle",
    "not matched yet": "pas encore lu",
    "older than what is known": "plus ancien que l’état connu",
    "suppressed": "écarté",
    "to be sent": "à envoyer",
}
_NOW = {
    "1 message has not reached people|{count} messages have not reached people": (
        "1 message n’est pas arrivé|{count} messages ne sont pas arrivés"
    ),
    "7 d": "7 j",
    "All events": "Tous les événements",
    "All {number}": "Tout voir ({number})",
    "Bridge waits for the first webhook. Sources: {sources}, destinations: {destinations}, rules: {rules}.": (
        "Bridge attend le premier webhook. Sources : {sources}, destinations : {destinations}, règles : {rules}."
    ),
    "Check the source": "Vérifier la source",
    "Delivered": "Remis",
    "Destination": "Destination",
    "Events in": "Événements reçus",
    "Everything sent since {at} has arrived": "Tout ce qui est parti depuis {at} est arrivé",
    "From": "Depuis",
    "Give the sender this address:": "Donnez cette adresse à l’émetteur :",
    "Last 24 hours": "24 dernières heures",
    "Last 6 hours": "6 dernières heures",
    "Last 7 days": "7 derniers jours",
    "Last event": "Dernier événement",
    "Latest events": "Derniers événements",
    "Line {line}, column {column}: {message}. Its last good version stays in force.": (
        "Ligne {line}, colonne {column} : {message}. Sa dernière version correcte reste en vigueur."
    ),
    "Median": "Médiane",
    "Mend and resume": "Réparer et reprendre",
    "Needs attention": "À traiter",
    "Next probe {at}.": "Prochain essai à {at}.",
    "No event for {lasting}; one is expected at least every {every}. Its webhook may be disabled at the sender.": (
        "Aucun événement depuis {lasting} ; il en faut un au moins toutes les {every}. Le webhook est peut-être"
        " désactivé chez l’émetteur."
    ),
    "No event yet": "Aucun événement pour l’instant",
    "Not delivered": "Non remis",
    "Not delivered, {span}": "Non remis, {span}",
    "Nothing is lost: {held} wait in their queue, {failed} failed and can be sent again.": (
        "Rien n’est perdu : {held} attendent dans leur file, {failed} ont échoué et peuvent être renvoyés."
    ),
    "Nothing waits.": "Rien n’attend.",
    "Or post an event from a file yourself:": "Ou envoyez vous-même un événement depuis un fichier :",
    "Outcome": "Résultat",
    "Paused by {who}.": "Mise en pause par {who}.",
    "Received": "Reçu",
    "Rules that fired most": "Règles les plus déclenchées",
    "See it|See the {count}": "Le voir|Voir les {count}",
    "See the message|See the {count} messages": "Voir le message|Voir les {count} messages",
    "Send a test to each destination": "Envoyer un essai à chaque destination",
    "Sent, {span}": "Envoyés, {span}",
    "Show the line": "Voir la ligne",
    "Since {at}:": "Depuis {at} :",
    "Source": "Source",
    "Span": "Période",
    "State": "État",
    "The same figures as a table": "Les mêmes chiffres en tableau",
    "Three steps to the first message": "Trois étapes jusqu’au premier message",
    "Try a rule on a sample": "Essayer une règle sur un exemple",
    "Waiting": "En attente",
    "Waiting: {number}": "En attente : {number}",
    "Watch it here. Each event shows which rules fired and who was told.": (
        "Regardez ici. Chaque événement montre les règles déclenchées et qui a été prévenu."
    ),
    "What happened": "Événement",
    "What waits leaves by itself.": "Ce qui attend partira de lui-même.",
    "figures and band: the last hour": "chiffres et bande : la dernière heure",
    "fired on each of the last 7 days: {days}": "déclenchée sur chacun des 7 derniers jours : {days}",
    "for a paused destination": "pour une destination en pause",
    "for office hours": "pour les heures de bureau",
    "gathered for a digest": "réunis pour un résumé",
    "in": "reçus",
    "in the queue": "dans la file",
    "leave when it resumes": "partiront à la reprise",
    "median": "médiane",
    "next at {at}": "prochain à {at}",
    "none": "aucun",
    "now": "maintenant",
    "oldest since {at}": "le plus ancien depuis {at}",
    "sent": "envoyés",
    "tried, to be tried again": "à retenter",
    "waiting": "en attente",
    "{count} failed.": "{count} ont échoué.",
    "{count} not delivered": "{count} non remis",
    "{count} wait since {at}.": "{count} attendent depuis {at}.",
    "{file} is refused": "{file} est refusé",
    "{name} gave up on 1 message|{name} gave up on {count} messages": (
        "{name} a renoncé à 1 message|{name} a renoncé à {count} messages"
    ),
    "{name} is not in the configuration: 1 message waits|{name} is not in the configuration: {count} messages wait": (
        "{name} n’est plus dans la configuration : 1 message attend|{name} n’est plus dans la configuration :"
        " {count} messages attendent"
    ),
    "{name} is paused": "{name} est en pause",
    "{name} is silent": "{name} est muette",
    "{name} paused {at}": "{name} en pause {at}",
    "{name}: {total} in {span}, {lately} in the last hour, at most {most} in a step": (
        "{name} : {total} en {span}, {lately} dans la dernière heure, au plus {most} par pas"
    ),
    "{number} for": "{number} pour",
    "{number} not delivered in {span}": "{number} non remis en {span}",
    "{total} in {span}": "{total} en {span}",
}
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
_RULES = {
    "1 file|{count} files": "1 fichier|{count} fichiers",
    "1 rule|{count} rules": "1 règle|{count} règles",
    "A refused file keeps its last good version in force.": (
        "Un fichier refusé garde sa dernière version correcte en vigueur."
    ),
    "Also": "De plus",
    "Description": "Description",
    "Events it fired for": "Ses événements",
    "Fired in 7 days": "Déclenchée en 7 jours",
    "Fired {number} × in 7 days.": "Déclenchée {number} × en 7 jours.",
    "Fires for": "Attend",
    "It is switched off.": "Elle est désactivée.",
    "Its last good version stays in force; it is shown below.": (
        "Sa dernière version correcte reste en vigueur ; elle est montrée ci-dessous."
    ),
    "Labels": "Étiquettes",
    "Last fired": "Dernière fois",
    "Last:": "Dernière fois :",
    "No rule in force is called “{name}”.": "Aucune règle en vigueur ne s’appelle « {name} ».",
    "No rule matches": "Aucune règle ne correspond",
    "No rule yet": "Aucune règle pour l’instant",
    "Notifies": "Prévient",
    "Owner": "Responsable",
    "Priority": "Priorité",
    "Problem in {file}": "Problème dans {file}",
    "Said of other files": "À propos d’autres fichiers",
    "Show this file": "Voir ce fichier",
    "The file was changed, and the change is refused": "Le fichier a été modifié, et sa modification est refusée",
    "Try a change": "Essayer une modification",
    "What the check says": "Ce qu’en dit la vérification",
    "Words in the name": "Mots du nom",
    "Write one into a file below the folder `rules`.": "Écrivez-en une dans un fichier du dossier `rules`.",
    "as they were before the change": "telles qu’avant la modification",
    "digest": "résumé",
    "fired {number} ×": "déclenchée {number} ×",
    "follow-up": "relance",
    "in force": "en vigueur",
    "its deliveries": "ses envois",
    "last": "dernière fois",
    "last to fire": "arrête les suivantes",
    "lines {first} to {last}": "lignes {first} à {last}",
    "never": "jamais",
    "off": "désactivée",
    "office hours": "heures de bureau",
    "on": "active",
    "once": "une fois",
    "refused": "refusé",
    "throttled": "débit limité",
    "{file}, line {line}": "{file}, ligne {line}",
    "{number} switched on.": "dont {number} en marche.",
}
_ABOUT = {
    "About this Bridge": "À propos de ce Bridge",
    "Changed, and taken at the next start: {keys}": "Modifié, pris en compte au prochain démarrage : {keys}",
    "Configuration": "Configuration",
    "Configuration in force": "Configuration en vigueur",
    "Documentation": "Documentation",
    "Events that wait for them: {number}": "Événements qui les attendent : {number}",
    "GB": "Go",
    "Health": "Santé",
    "It comes with Bridge:": "Elle accompagne Bridge :",
    "MB": "Mo",
    "Metrics for Prometheus": "Mesures pour Prometheus",
    "Nothing was changed by hand yet.": "Rien n’a encore été changé à la main.",
    "Oldest event": "Plus ancien événement",
    "Payloads": "Contenus",
    "Rule files": "Fichiers de règles",
    "Rules in force": "Règles en vigueur",
    "Signed in as {user}, who may look.": "Vous êtes {user}, qui peut regarder.",
    "Signed in as {user}, who may operate.": "Vous êtes {user}, qui peut agir.",
    "Store": "Base de données",
    "TB": "To",
    "The API, described for machines": "L’API, décrite pour les machines",
    "Version {version}, running for {lasting}.": "Version {version}, en marche depuis {lasting}.",
    "What is kept": "Ce qui est gardé",
    "Who changed what": "Qui a changé quoi",
    "about {number}, failed ones for {keep}": "environ {number}, les échecs pendant {keep}",
    "about {number}, for {keep}": "environ {number}, pendant {keep}",
    "bytes": "octets",
    "for {keep}": "pendant {keep}",
    "good": "bon",
    "kB": "ko",
    "ready": "prêt",
    "restart": "redémarrer",
    "secrets masked": "secrets masqués",
    "the oldest for {lasting}": "le plus ancien depuis {lasting}",
    "waits": "attend",
    "{refused} of {number} files refused": "{refused} fichiers sur {number} refusés",
}
_LOGIN = {
    "Admin token": "Jeton d’administration",
    "Lost it? Start Bridge again, or set admin_token in config.yaml.": (
        "Perdu ? Redémarrez Bridge, ou écrivez admin_token dans config.yaml."
    ),
    "Name": "Nom",
    "No name and no token yet?": "Ni nom ni jeton pour l’instant ?",
    "Name or password is wrong. {n} try left.|Name or password is wrong. {n} tries left.": (
        "Nom ou mot de passe incorrect. Encore {n} essai.|Nom ou mot de passe incorrect. Encore {n} essais."
    ),
    "Open {url} (works once, for 10 minutes)": "Ouvrez {url} (une seule fois, pendant 10 minutes)",
    "Password": "Mot de passe",
    "Sign in": "Entrer",
    "Sign in with the admin token": "Entrer avec le jeton d’administration",
    "Sign out": "Quitter",
    "The proxy in front of Bridge signs people in. It did not say who you are.": (
        "Le proxy devant Bridge identifie les personnes. Il n’a pas dit qui vous êtes."
    ),
    "This link has been used, or is too old. Start Bridge again.": (
        "Ce lien a déjà servi, ou il est trop ancien. Redémarrez Bridge."
    ),
    "This page had become too old. Sign in again.": "Cette page était devenue trop ancienne. Entrez à nouveau.",
    "This token is wrong. {n} try left.|This token is wrong. {n} tries left.": (
        "Ce jeton est incorrect. Encore {n} essai.|Ce jeton est incorrect. Encore {n} essais."
    ),
    "Too many tries. Wait {seconds} s.": "Trop d’essais. Attendez {seconds} s.",
    "What Bridge prints": "Ce que Bridge affiche",
    "When neither is configured, Bridge prints a link at start. It works once, on this machine only:": (
        "Sans l’un ni l’autre, Bridge affiche un lien au démarrage. Il sert une fois, sur cette machine seulement :"
    ),
    "You are not signed in": "Vous n’êtes pas entré",
}

PHRASES: dict[str, str] = {
    **_FRAME,
    **_STATES,
    **_NOW,
    **_EVENTS,
    **_EVENT,
    **_CONDITIONS,
    **_DELIVERIES,
    **_RULES,
    **_ABOUT,
    **_LOGIN,
}
