"""Sample data: the parts that invented employees and passwords are made of."""

GIVEN_NAMES = (
    "Aaliyah", "Adam", "Adriana", "Aiko", "Aisha", "Alejandro", "Alice", "Amara",
    "Amélie", "Amir", "Ana", "Anders", "Andrzej", "Anjali", "Anna", "Antonio",
    "Arjun", "Astrid", "Ayşe", "Beatriz", "Benjamin", "Björn", "Bruno", "Camila",
    "Carlos", "Carmen", "Chiara", "Chinedu", "Claire", "Daniel", "Daria", "David",
    "Deepa", "Diego", "Dimitri", "Elena", "Elif", "Elsa", "Emeka", "Emil",
    "Emma", "Erik", "Esther", "Eva", "Fatima", "Felix", "Fernanda", "Francesca",
    "Gabriel", "Giulia", "Grace", "Gustav", "Hana", "Hannah", "Haruto", "Hassan",
    "Helena", "Hugo", "Ibrahim", "Ines", "Ingrid", "Isabel", "Ivan", "Jakub",
    "Jamal", "Jan", "Jin", "João", "John", "José", "Julia", "Kaito",
    "Karin", "Katarzyna", "Kenji", "Khadija", "Kofi", "Kwame", "Lars", "Laura",
    "Layla", "Leila", "Leo", "Lin", "Lucas", "Lucía", "Magdalena", "Mai",
    "Malik", "Marco", "Maria", "Marta", "Mateo", "Matthias", "Mei", "Mia",
    "Miguel", "Milan", "Minh", "Mohamed", "Nadia", "Naomi", "Nikola", "Nina",
    "Noah", "Noor", "Olga", "Oliver", "Omar", "Oskar", "Paolo", "Paula",
    "Pedro", "Petra", "Priya", "Rahul", "Rania", "Ravi", "Rosa", "Sana",
    "Santiago", "Sara", "Sebastián", "Sofia", "Søren", "Tariq", "Thandiwe", "Thomas",
    "Tomasz", "Valentina", "Viktor", "Wei", "Yara", "Yuki", "Zanele", "Zoë",
)  # fmt: skip

FAMILY_NAMES = (
    "Abe", "Acheampong", "Adeyemi", "Ahmed", "Almeida", "Andersson", "Bakker",
    "Banerjee", "Baptiste", "Bauer", "Becker", "Bianchi", "Bos", "Brown", "Castro",
    "Çelik", "Chanda", "Chen", "Cohen", "Costa", "Dahl", "Das", "Delgado",
    "Demir", "Diallo", "Dlamini", "Dubois", "Dvořák", "Edwards", "Eriksson", "Evans",
    "Fernández", "Ferrari", "Fischer", "Fontaine", "Fujita", "García", "Gomes", "Gupta",
    "Haddad", "Hansen", "Hashimoto", "Hoang", "Hoffmann", "Horvat", "Hughes", "Hussein",
    "Ibáñez", "Ito", "Ivanova", "Jansen", "Jensen", "Johansson", "Jovanović", "Kaya",
    "Keller", "Khan", "Kim", "Kovács", "Kowalski", "Kumar", "Larsen", "Laurent",
    "Lee", "Lehtinen", "Li", "López", "Łukasik", "Marino", "Martins", "Mbeki",
    "Mensah", "Meyer", "Moreau", "Moreno", "Moyo", "Müller", "Murphy", "Mwangi",
    "Nagy", "Nakamura", "Ndiaye", "Nguyen", "Nielsen", "Novák", "Nowak", "O'Brien",
    "Okafor", "Okoye", "Olsen", "Ortega", "Osei", "Öztürk", "Park", "Patel",
    "Peña", "Pereira", "Petrov", "Popescu", "Rahman", "Ramos", "Rao", "Ricci",
    "Rodríguez", "Romano", "Rossi", "Sato", "Schmidt", "Schneider", "Sharma", "Silva",
    "Singh", "Smith", "Sørensen", "Souza", "Suzuki", "Svensson", "Takahashi", "Tanaka",
    "Tran", "Vargas", "Virtanen", "Vos", "Wagner", "Walker", "Wang", "Watanabe",
    "Weber", "Wójcik", "Yamamoto", "Yılmaz", "Zhang", "Zhou", "Ziegler", "Zulu",  # noqa: RUF001 -- a Turkish letter
)  # fmt: skip

PASSWORD_WORDS = (
    "acorn", "amber", "anchor", "apple", "arrow", "aspen", "autumn", "badge",
    "bamboo", "barley", "basil", "beacon", "birch", "blossom", "bottle", "bridge",
    "bronze", "butter", "button", "cabin", "candle", "canyon", "carbon", "castle",
    "cedar", "cherry", "cinnamon", "clover", "cobalt", "comet", "copper", "coral",
    "cotton", "cricket", "crystal", "daisy", "delta", "desert", "dolphin", "dragon",
    "eagle", "ember", "falcon", "feather", "fern", "fiddle", "flint", "forest",
    "garden", "garnet", "ginger", "glacier", "granite", "harbor", "hazel", "heron",
    "honey", "island", "ivory", "jacket", "jasmine", "jungle", "juniper", "kettle",
    "kitten", "ladder", "lagoon", "lantern", "laurel", "lemon", "lilac", "linen",
    "magnet", "mango", "maple", "marble", "meadow", "melon", "mirror", "monsoon",
    "mosaic", "nectar", "nickel", "nutmeg", "ocean", "olive", "onion", "orchid",
    "otter", "oyster", "paddle", "panda", "paper", "pebble", "pepper", "pigeon",
    "planet", "plaza", "pocket", "prairie", "pumpkin", "quartz", "rabbit", "radish",
    "raven", "ribbon", "river", "rocket", "saddle", "saffron", "salmon", "sandal",
    "silver", "sparrow", "spruce", "summit", "sunset", "teapot", "thistle", "thunder",
    "timber", "tulip", "tundra", "velvet", "violet", "walnut", "willow", "window",
)  # fmt: skip
"""128 of them, so that seven random bits choose one without bias."""
