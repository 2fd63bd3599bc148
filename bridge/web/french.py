"""The words of the frame and of the first page, in French, by their English; blanks before `:` do not break."""

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
    "Each destination of “operators” is paused: {names}. Until one is resumed, look here and in the log.": (
        "Chaque destination de « operators » est en pause : {names}. Jusqu’à la reprise de l’une d’elles, regardez"
        " ici et dans le journal."
    ),
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
    "No operator can be told of troubles": "Aucun opérateur ne peut être prévenu des incidents",
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

PHRASES: dict[str, str] = {
    **_FRAME,
    **_STATES,
    **_NOW,
}
